// Writing in Feishu: words, mentions of the desk and of colleagues, images and files; one composer for a chat, one for a topic.
import * as api from './api.js';
import { h, part } from './dom.js';
import { asBase64, growing, pickFiles, sendOnEnter, takeDropped } from './files.js';
import { avatar } from './format.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { closePopover, popover, walk } from './menus.js';
import { chatsOf, on, pull, userName, view, world } from './store.js';
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
  const place = () => `${view.user} ${target().chat} ${target().root || ''}`;
  const draft = () => draftOf(place());
  const chips = h('div', { class: 'chips' });
  const field = h('textarea', { class: 'composer-input', rows: '1', testid: 'composer-input', enterkeyhint: 'send' });
  const fit = growing(field);
  const bot = h('button', { type: 'button', class: 'mention', testid: 'mention-bot', onclick: () => toggleBot() });
  const people = h('button', { type: 'button', class: 'mention', testid: 'mention-colleague', 'aria-haspopup': 'dialog', onclick: () => pickPeople(people, draft(), redraw) });
  const attach = h('button', { type: 'button', class: 'icon-btn', onclick: () => picker.open() }, icon('image', 18));
  const picker = pickFiles({ multiple: true, testid: 'composer-image', label: t('attach'), take });
  const send = h('button', { type: 'button', class: 'send', testid: 'composer-send', onclick: submit }, icon('send', 18));
  const hint = h('p', { class: 'composer-hint' });
  const box = h('div', { class: 'composer', testid: 'composer', data: { scope } }, chips, field,
    h('div', { class: 'composer-bar' }, bot, people, attach, picker.node, hint, send));

  function toggleBot() {
    draft().bot = !draft().bot;
    redraw();
    field.focus();
  }

  async function take(files) {
    const here = draft();
    for (const file of files) here.files.push(await asBase64(file));
    redraw();
    field.focus();
  }

  async function submit() {
    const here = place();
    const said = draftOf(here);
    if (!said.text.trim() && !said.files.length) return;
    const chat = target().chat;
    drafts.set(here, empty());
    redraw();
    try {
      for (const message of messagesOf(said, target())) await api.feishu.say(view.user, message);
    } catch (error) {
      drafts.set(here, said); // nothing typed is lost
      redraw();
      failed(error);
    }
    pull(chat).catch(() => {});
  }

  function redraw() {
    const now = draft();
    if (field.value !== now.text) field.value = now.text;
    fit();
    drawChips(chips, now, redraw);
    const direct = target().chat.startsWith('d:');
    bot.hidden = people.hidden = direct;
    bot.setAttribute('aria-pressed', String(now.bot));
    people.setAttribute('aria-pressed', String(now.people.length > 0));
    part(bot, lang(), () => ['@', t('desk')]);
    part(people, lang(), () => ['@', t('colleague')]);
    const said = hintFor(direct, now, scope);
    hint.textContent = t(said);
    hint.title = t(words[`${said}-long`] ? `${said}-long` : said);
    hint.classList.toggle('outward', now.bot && !now.people.length && scope === 'topic' && !command(now.text));
    send.disabled = !now.text.trim() && !now.files.length;
  }

  field.addEventListener('input', (e) => {
    draft().text = field.value;
    if (e.data === '@' && !target().chat.startsWith('d:')) pickPeople(field, draft(), redraw, true);
    redraw();
  });
  sendOnEnter(field, submit);
  takeDropped(box, take);
  on(`suggest-${scope}`, (offer) => {
    if (!draft().text.trim()) Object.assign(draft(), offer);
    redraw();
    field.focus();
  });
  box.update = () => {
    field.placeholder = placeholder(target(), scope);
    field.setAttribute('aria-label', field.placeholder);
    send.setAttribute('aria-label', t('send'));
    send.title = t('send');
    attach.title = t('attach');
    attach.setAttribute('aria-label', t('attach'));
    redraw();
  };
  return box;
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
function pickPeople(anchor, now, redraw, typed = false) {
  const chat = chatsOf(view.user).find((c) => c.key === view.chat);
  const members = world.chats.find((c) => `c:${c.chat_id}` === chat?.key)?.members;
  const known = world.users.filter((u) => u.open_id !== view.user && (!members || members.includes(u.open_id)));
  const choose = (apply) => {
    apply();
    if (typed) now.text = now.text.replace(/@(?=[^@]*$)/, '');
    closePopover();
    redraw();
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
