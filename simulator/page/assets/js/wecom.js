// The customer's side: contacts, and the chosen one's phone with the WeCom conversation.
import * as api from './api.js';
import { h, once, part, rows, settle, stick } from './dom.js';
import { asBase64, growing, pickFiles, sendOnEnter, takeDropped } from './files.js';
import { avatar, badge, hourMinute } from './format.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { prompt, walk } from './menus.js';
import { list, loadWorld, look, on, pull, view, world } from './store.js';
import { failed } from './toast.js';
import { unread } from './unread.js';
import { bubbleRow, newcomer } from './wecom-bubble.js';

const drafts = new Map(); // contact -> words not yet sent
const atOnce = 200; // older messages of a long conversation are shown on request
let shown = atOnce;

/** mountWecom fills the left side. */
export function mountWecom(root) {
  const contacts = h('div', { class: 'contact-tabs', role: 'tablist', onkeydown: walk });
  const add = addContact();
  const phone = phoneFrame();
  root.append(h('div', { class: 'contacts', testid: 'contact-list' }, contacts, add), phone);
  const update = once(() => {
    root.setAttribute('aria-label', t('wecom-side'));
    contacts.setAttribute('aria-label', t('contacts'));
    rows(contacts, world.contacts, (c) => c.id, contactTab);
    add.update();
    phone.update();
  });
  for (const kind of ['world', 'list', 'view', 'unread', 'clock', 'lang']) on(kind, update);
  on('view', () => {
    const chosen = contacts.querySelector('[aria-selected="true"]');
    chosen?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
}

function contactTab(contact) {
  const mark = h('span', { class: 'badge-box' });
  const company = h('small', {});
  const name = h('span', { class: 'contact-name' });
  const node = h('button', { type: 'button', class: 'contact', role: 'tab', testid: 'contact', data: { id: contact.id }, 'aria-controls': 'phone-log', onclick: () => choose(contact.id) },
    h('span', { class: 'contact-face' }, avatar(contact.name, 'square'), mark), name, company);
  node.update = (c) => {
    const chosen = c.id === view.contact;
    name.textContent = c.name;
    company.textContent = c.customer || t('no-customer');
    node.title = c.customer ? `${c.name} · ${c.customer}` : c.name;
    node.setAttribute('aria-selected', String(chosen));
    node.tabIndex = chosen ? 0 : -1;
    const n = unread(`w:${c.id}`, '');
    part(mark, `${n} ${lang()}`, () => badge(n));
  };
  return node;
}

function choose(contact) {
  shown = atOnce;
  look({ contact });
  pull(`w:${contact}`).catch(failed);
}

function addContact() {
  const label = h('span', { class: 'contact-name' });
  const node = h('button', { type: 'button', class: 'contact add', testid: 'contact-add', onclick: async () => {
    const name = await prompt(t('contact-new'), t('contact-name'), 'contact-new-name');
    if (!name) return;
    try {
      const { id } = await api.wecom.addContact(name);
      await loadWorld();
      choose(id);
    } catch (error) {
      failed(error);
    }
  } }, h('span', { class: 'contact-face' }, h('span', { class: 'avatar square plus' }, icon('plus', 20))), label);
  node.update = () => {
    label.textContent = t('contact-add');
    node.title = t('contact-new');
  };
  return node;
}

function phoneFrame() {
  const clock = h('span', { class: 'phone-clock' });
  const title = h('span', { class: 'phone-title' });
  const enter = h('button', { type: 'button', class: 'phone-enter', testid: 'wecom-enter', onclick: () => api.wecom.enter(view.contact).catch(failed) });
  const log = settle(h('div', { class: 'phone-log', id: 'phone-log', role: 'log', 'aria-live': 'polite', tabindex: '0', testid: 'wecom-messages' }));
  const composer = phoneComposer();
  const phone = h('div', { class: 'phone' },
    h('div', { class: 'phone-status', 'aria-hidden': 'true' }, clock, h('span', { class: 'phone-island' }), h('span', { class: 'phone-signal' }, h('i'), h('i'), h('i'), h('b'))),
    h('div', { class: 'phone-head' }, h('span', { class: 'phone-back', 'aria-hidden': 'true' }, icon('back', 20)), title, enter),
    log, composer);
  takeDropped(phone, sendFiles);
  phone.update = () => {
    clock.textContent = hourMinute(world.now);
    part(title, lang(), () => [h('b', {}, t('desk')), h('small', {}, t('kf'))]);
    part(enter, lang(), () => [icon('enter', 14), h('span', {}, t('enter-session'))]);
    enter.title = t('enter-hint');
    log.setAttribute('aria-label', t('conversation-of', { name: world.contacts.find((c) => c.id === view.contact)?.name || '' }));
    stickTo(log, view.contact, () => drawLog(log));
    composer.update();
  };
  return phone;
}

/** stickTo keeps the end in view, and goes there when another conversation is chosen. */
function stickTo(log, whose, draw) {
  if (log.whose === whose) return stick(log, draw);
  log.whose = whose;
  draw();
  log.scrollTop = log.scrollHeight;
}

function drawLog(log) {
  const all = list(`w:${view.contact}`).items;
  const items = all.slice(-shown);
  const heads = items.map((m, i) => ({ ...m, key: `${view.contact} ${m.id}`, gap: needsTime(items[i - 1], m) }));
  if (all.length > items.length) heads.unshift({ key: 'earlier' });
  if (!all.length) heads.push({ key: `empty ${view.contact}` });
  rows(log, heads, (m) => m.key, (m) => {
    if (m.key === 'earlier') return earlier();
    return m.id ? bubbleRow(say) : newcomer();
  });
}

function earlier() {
  const node = h('button', { type: 'button', class: 'earlier', onclick: () => {
    shown += atOnce;
    look({});
  } });
  node.update = () => {
    node.textContent = t('earlier');
  };
  return node;
}

/** needsTime: WeChat writes the time above a message that comes more than five minutes after the one before. */
function needsTime(before, m) {
  return !before || Math.abs(new Date(m.time) - new Date(before.time)) > 5 * 60 * 1000;
}

/** say sends a message as the chosen contact. */
async function say(message) {
  const contact = view.contact;
  if (!contact) return false;
  try {
    await api.wecom.say(contact, message);
    return true;
  } catch (error) {
    failed(error);
    return false;
  } finally {
    pull(`w:${contact}`).catch(() => {});
  }
}

/** kinds WeCom knows apart; every other file is a file. */
const kindOf = (type) => ({ image: 'image', video: 'video', audio: 'voice' })[type.split('/')[0]] || 'file';

async function sendFiles(files) {
  for (const file of files) {
    const { data, filename, type } = await asBase64(file);
    await say({ msgtype: kindOf(type), data, filename });
  }
}

function phoneComposer() {
  const field = h('textarea', { class: 'phone-field', rows: '1', testid: 'wecom-input', enterkeyhint: 'send', 'data-keep': 'wecom' });
  const fit = growing(field);
  const send = h('button', { type: 'button', class: 'phone-send', testid: 'wecom-send' });
  const attach = h('button', { type: 'button', class: 'phone-attach' }, icon('image', 22));
  const picker = pickFiles({ multiple: true, testid: 'wecom-image', label: t('attach'), take: sendFiles });
  const submit = async () => {
    const words = field.value.trim();
    if (!words || !view.contact) return;
    const contact = view.contact;
    set('');
    drafts.delete(contact);
    if (!(await say({ msgtype: 'text', text: { content: words } })) && view.contact === contact && !field.value) set(words);
  };
  const set = (words) => {
    field.value = words;
    send.disabled = !words.trim();
    fit();
  };
  field.addEventListener('input', () => {
    drafts.set(view.contact, field.value);
    send.disabled = !field.value.trim();
  });
  sendOnEnter(field, submit);
  send.addEventListener('click', submit);
  attach.addEventListener('click', picker.open);
  const box = h('div', { class: 'phone-composer' }, attach, picker.node, field, send);
  box.update = () => {
    if (box.whose !== view.contact) {
      box.whose = view.contact;
      set(drafts.get(view.contact) || '');
    }
    send.textContent = t('send');
    field.placeholder = t('write-as', { name: world.contacts.find((c) => c.id === view.contact)?.name || '' });
    field.setAttribute('aria-label', field.placeholder);
    attach.title = t('attach');
    attach.setAttribute('aria-label', t('attach'));
  };
  on('suggest-wecom', (words) => {
    if (!field.value.trim()) set(words);
    field.focus();
  });
  send.disabled = true;
  return box;
}
