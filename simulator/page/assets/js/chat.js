// The chosen chat: its head, its messages (a topic's replies stand under their root as a line that opens it), its composer.
import { composer } from './composer.js';
import { h, once, part, rows, settle, stick } from './dom.js';
import { fullDay } from './format.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { messageRow } from './message.js';
import { chatsOf, list, look, on, view } from './store.js';
import { readBy } from './receipts.js';

const atOnce = 150; // older messages of a long chat are shown on request
let shown = atOnce;

/** mountChat fills the middle of the Feishu window. */
export function mountChat(box) {
  const head = h('header', { class: 'fs-head' });
  const log = settle(h('div', { class: 'fs-log', role: 'log', 'aria-live': 'polite', tabindex: '0', testid: 'message-list' }));
  const write = composer({ scope: 'chat', target: () => ({ chat: view.chat }) });
  box.append(head, log, write);
  const update = once(() => {
    const chat = chatsOf(view.user).find((c) => c.key === view.chat);
    part(head, `${chat?.key} ${chat?.name} ${chat?.members} ${lang()}`, () => headWords(chat));
    log.setAttribute('aria-label', t('messages-of', { name: chat?.name || t('desk') }));
    draw(log);
    write.update();
    readBy();
  });
  for (const kind of ['world', 'list', 'view', 'unread', 'clock', 'lang']) on(kind, update);
}

function headWords(chat) {
  if (!chat) return [];
  if (chat.direct) return [h('b', {}, t('desk')), h('span', { class: 'bot-tag' }, t('bot')), h('small', {}, t('direct-hint'))];
  return [h('b', {}, chat.name), h('small', {}, t('members', { n: chat.members }))];
}

/** threaded tells whether a message stands in a topic rather than in the chat itself. */
export function threaded(m, key) {
  if (!m.root_id || m.root_id === m.id || !list(key).byID.has(m.root_id)) return false;
  return Boolean(m.thread_id) || key.startsWith('c:');
}

/** replies of a topic, in order. */
export const replies = (key, root) => list(key).items.filter((m) => m.root_id === root && threaded(m, key));

function draw(log) {
  const key = view.chat;
  const whose = `${view.user} ${key}`;
  const fresh = log.whose !== whose;
  if (fresh) {
    log.whose = whose;
    shown = atOnce;
  }
  const change = () => rows(log, lines(key), (m) => m.key, (m) => line(m, key));
  if (!fresh) return stick(log, change);
  change();
  log.scrollTop = log.scrollHeight;
}

function line(m, key) {
  if (m.key === 'earlier') return earlier();
  if (m.day) return dayLine();
  if (m.empty) return nothing();
  return messageRow(key, 'chat');
}

/** lines are what stands in the chat: days, and messages outside topics with their topic's replies at hand. */
function lines(key) {
  const byRoot = new Map();
  const roots = [];
  for (const m of list(key).items) {
    if (!threaded(m, key)) roots.push(m);
    else if (byRoot.has(m.root_id)) byRoot.get(m.root_id).push(m);
    else byRoot.set(m.root_id, [m]);
  }
  const out = roots.length > shown ? [{ key: 'earlier' }] : [];
  let before = '';
  for (const m of roots.slice(-shown)) {
    const today = fullDay(m.time);
    if (today !== before) out.push({ key: `day ${key} ${today}`, day: today });
    before = today;
    out.push({ ...m, key: `${key} ${m.id}`, replies: byRoot.get(m.id) || [] });
  }
  if (!roots.length) out.push({ key: `empty ${key}`, empty: true });
  return out;
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

function dayLine() {
  const node = h('div', { class: 'day' });
  node.update = (m) => {
    node.textContent = m.day;
  };
  return node;
}

function nothing() {
  const node = h('div', { class: 'fs-empty' });
  node.update = () => part(node, `${view.chat[0]} ${lang()}`, () => [
    icon(view.chat.startsWith('d:') ? 'bubble' : 'topic', 40),
    h('p', {}, t(view.chat.startsWith('d:') ? 'direct-empty' : 'group-empty'))]);
  return node;
}
