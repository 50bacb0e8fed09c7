// Writing in Feishu: words, mentions of the desk and of colleagues, images and files; one composer for a chat, one for a topic.
import * as api from './api.js';
import { h, part } from './dom.js';
import { asBase64, growing, pickFiles, sendOnEnter, takeDropped } from './files.js';
import { avatar } from './format.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { closePopover, popover, walk } from './menus.js';
import { on, pull, userName, view, world } from './store.js';
import { failed } from './toast.js';
import { words } from './words.js';

const drafts = new Map();
const empty = () => ({ text: '', bot: false, people: [], files: [] });

/** draftOf keeps what is half written, apart for every person, chat and topic. */
function draftOf(key) {
  if (!drafts.has(key)) drafts.set(key, empty());
  return drafts.get(key);
}

/** composer makes a box; target() gives {chat, root?}; scope is 'chat' or 'topic'. */
export function composer({ scope, target }) {
  const c = { scope, target, place: () => `${view.user} ${target().chat} ${target().root || ''}` };
  c.draft = () => draftOf(c.place());
  const parts = buildParts(c);
  c.redraw = () => redraw(c, parts);
  parts.field.addEventListener('input', (e) => {
    c.draft().text = parts.field.value;
    if (e.data === '@' && !target().chat.startsWith('d:')) pickPeople(parts.field, c, true);
    c.redraw();
  });
  sendOnEnter(parts.field, () => submit(c));
  takeDropped(parts.box, (files) => take(c, parts, files));
  on(`suggest-${scope}`, (offer) => {
    if (!c.draft().text.trim()) Object.assign(c.draft(), offer);
    c.redraw();
    parts.field.focus();
  });
  parts.box.update = () => {
    label(c, parts);
    c.redraw();
  };
  return parts.box;
}

function buildParts(c) {
  const chips = h('div', { class: 'chips' });
  const field = h('textarea', { class: 'composer-input', rows: '1', testid: 'composer-input', enterkeyhint: 'send' });
  const bot = h('button', { type: 'button', class: 'mention', testid: 'mention-bot', onclick: () => {
    c.draft().bot = !c.draft().bot;
    c.redraw();
    field.focus();
  } });
  const people = h('button', { type: 'button', class: 'mention', testid: 'mention-colleague', 'aria-haspopup': 'dialog', onclick: () => pickPeople(people, c) });
  const picker = pickFiles({ multiple: true, testid: 'composer-image', label: t('attach'), take: (files) => take(c, parts, files) });
  const attach = h('button', { type: 'button', class: 'icon-btn', onclick: picker.open }, icon('image', 18));
  const hint = h('p', { class: 'composer-hint', 'aria-live': 'polite' });
  const send = h('button', { type: 'button', class: 'send', testid: 'composer-send', onclick: () => submit(c) }, icon('send', 18));
  const box = h('div', { class: 'composer', testid: 'composer', data: { scope: c.scope } }, chips, field,
    h('div', { class: 'composer-bar' }, bot, people, attach, picker.node, hint, send));
  const parts = { box, chips, field, bot, people, attach, hint, send, fit: growing(field) };
  return parts;
}

async function take(c, parts, files) {
  const here = c.draft();
  for (const file of files) here.files.push(await asBase64(file));
  c.redraw();
  parts.field.focus();
}

/** submit sends the draft; what could not be sent is put back. */
async function submit(c) {
  const here = c.place();
  const said = draftOf(here);
  const target = c.target();
  const messages = messagesOf(said, target);
  if (!messages.length) return;
  drafts.set(here, empty());
  c.redraw();
  try {
    for (const message of messages) await api.feishu.say(view.user, message);
  } catch (error) {
    drafts.set(here, said);
    c.redraw();
    failed(error);
  }
  pull(target.chat).catch(() => {});
}

function label(c, { field, send, attach }) {
  field.placeholder = placeholder(c.target(), c.scope);
  field.setAttribute('aria-label', field.placeholder);
  for (const [button, words] of [[send, t('send')], [attach, t('attach')]]) {
    button.title = words;
    button.setAttribute('aria-label', words);
  }
}

function redraw(c, { chips, field, bot, people, hint, send, fit }) {
  const now = c.draft();
  if (field.value !== now.text) field.value = now.text;
  fit();
  drawChips(chips, now, c.redraw);
  const direct = c.target().chat.startsWith('d:');
  bot.hidden = people.hidden = direct;
  bot.setAttribute('aria-pressed', String(now.bot));
  people.setAttribute('aria-pressed', String(now.people.length > 0));
  part(bot, lang(), () => ['@', t('desk')]);
  part(people, lang(), () => ['@', t('colleague')]);
  const said = hintFor(direct, now, c.scope);
  hint.textContent = t(said);
  hint.title = t(words[`${said}-long`] ? `${said}-long` : said);
  hint.classList.toggle('outward', said === 'hint-customer');
  send.disabled = !now.text.trim() && !now.files.length;
}

const command = (text) => /^\s*[/／]/.test(text);

/** messagesOf splits a draft into what Feishu would send: words and images as one post, each other file by itself. */
function messagesOf(said, { chat, root }) {
  const base = { ...(chat.startsWith('c:') && { chat_id: chat.slice(2) }), ...(root && { root_id: root }) };
  const images = said.files.filter((f) => f.type.startsWith('image/')).map(({ data, filename }) => ({ data, filename }));
  const others = said.files.filter((f) => !f.type.startsWith('image/'));
  const spoken = { ...(said.text.trim() && { text: said.text.trim() }), ...(said.bot && { mention_bot: true }), ...(said.people.length && { mentions: said.people }) };
  const out = [];
  if (spoken.text || images.length) out.push({ ...base, ...spoken, ...(images.length && { images }) });
  for (const { data, filename } of others) out.push({ ...base, file: { data, filename } });
  return out;
}

function placeholder({ chat, root }, scope) {
  if (scope === 'topic' && root) return t('write-topic', { name: userName(view.user) });
  if (chat.startsWith('d:')) return t('write-direct', { name: userName(view.user) });
  return t('write-group', { name: userName(view.user) });
}

/** hintFor names the text that says where the words will go: what is said in a topic reaches the customer only with the desk mentioned. */
function hintFor(direct, now, scope) {
  if (command(now.text)) return 'hint-command';
  if (direct) return 'hint-direct';
  if (scope !== 'topic') return now.bot ? 'hint-group-bot' : 'hint-group';
  if (now.bot && now.people.length) return 'hint-both';
  return now.bot ? 'hint-customer' : 'hint-internal';
}

function drawChips(box, now, redraw) {
  const drop = (of, x) => () => {
    of.splice(of.indexOf(x), 1);
    redraw();
  };
  const chip = (words, label, end) => h('span', { class: 'chip' }, words, h('button', { type: 'button', 'aria-label': t('remove', { name: label }), onclick: end }, icon('close', 12)));
  box.replaceChildren(
    ...now.people.map((id) => chip(h('span', { class: 'at' }, `@${userName(id)}`), userName(id), drop(now.people, id))),
    ...now.files.map((f) => chip([f.type.startsWith('image/') ? h('img', { src: `data:${f.type};base64,${f.data}`, alt: f.filename }) : icon('file', 14), h('span', {}, f.filename)], f.filename, drop(now.files, f))));
}

/** pickPeople offers the desk and the chat's colleagues, narrowed by typing; typed tells that an @ in the words opened it. */
function pickPeople(anchor, c, typed = false) {
  const now = c.draft();
  const members = world.chats.find((chat) => `c:${chat.chat_id}` === c.target().chat)?.members;
  const known = world.users.filter((u) => u.open_id !== view.user && (!members || members.includes(u.open_id)));
  const choose = (apply) => {
    apply();
    if (typed) now.text = now.text.replace(/@(?=[^@]*$)/, '');
    closePopover();
    c.redraw();
    (typed ? anchor : anchor.closest('.composer').querySelector('textarea')).focus();
  };
  const list = h('div', { class: 'people', role: 'listbox', 'aria-label': t('mention-who'), onkeydown: walk });
  const draw = (filter) => list.replaceChildren(
    ...(typed && t('desk').includes(filter) ? [person(t('desk'), 'desk', '', () => choose(() => { now.bot = true; }))] : []),
    ...known.filter((u) => u.name.includes(filter)).map((u) => person(u.name, '', u.open_id, () => choose(() => toggle(now.people, u.open_id)), now.people.includes(u.open_id))));
  const search = h('input', { class: 'field', type: 'search', placeholder: t('search'), 'aria-label': t('search'), oninput: () => draw(search.value.trim()) });
  search.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter' && e.key !== 'ArrowDown') return;
    e.preventDefault();
    const first = list.querySelector('button');
    if (e.key === 'Enter') first?.click();
    else first?.focus();
  });
  draw('');
  popover(anchor, h('div', { class: 'people-box' }, search, list));
}

function toggle(ids, id) {
  if (ids.includes(id)) ids.splice(ids.indexOf(id), 1);
  else ids.push(id);
}

function person(name, kind, id, pick, chosen = false) {
  return h('button', { type: 'button', role: 'option', 'aria-selected': String(chosen), testid: 'mention-option', data: { id }, onclick: pick },
    avatar(name, `tiny ${kind}`), h('span', {}, name), chosen && icon('check', 14));
}
