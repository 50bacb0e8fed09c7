// The staff's side: who looks at Feishu, his groups and his direct chat with the desk, the chosen chat, and an open topic.
import { mountChat } from './chat.js';
import { h, once, part, rows } from './dom.js';
import { avatar, badge } from './format.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { walk } from './menus.js';
import { chatsOf, list, look, on, pull, userName, view, world } from './store.js';
import { failed } from './toast.js';
import { mountTopic } from './topic.js';
import { unread, waiting } from './unread.js';

/** mountFeishu fills the right side. */
export function mountFeishu(root) {
  const rail = railBox();
  const main = h('div', { class: 'fs-main' });
  const topic = h('aside', { class: 'topic', testid: 'topic-panel', hidden: true });
  root.append(rail, main, topic);
  mountChat(main);
  mountTopic(topic);
  const update = once(() => {
    root.setAttribute('aria-label', t('feishu-side'));
    root.classList.toggle('with-topic', Boolean(view.topic));
    rail.update();
  });
  for (const kind of ['world', 'list', 'view', 'unread', 'lang']) on(kind, update);
}

function railBox() {
  const face = h('span', { class: 'reader-face' });
  const select = h('select', { class: 'reader-select', testid: 'feishu-user', onchange: () => lookAs(select.value) });
  const others = h('div', { class: 'waiting' });
  const chats = h('div', { class: 'chats', role: 'tablist', 'aria-orientation': 'vertical', testid: 'chat-list', onkeydown: walk });
  const title = h('span', { class: 'rail-title' });
  const rail = h('div', { class: 'rail' },
    h('label', { class: 'reader' }, face, h('span', { class: 'reader-words' }, title, select)), others, chats);
  rail.update = () => {
    title.textContent = t('look-as');
    select.setAttribute('aria-label', t('look-as'));
    part(face, view.user, () => avatar(userName(view.user)));
    part(select, world.users.map((u) => u.open_id + u.name).join(), () => world.users.map((u) => h('option', { value: u.open_id }, u.name)));
    select.value = view.user;
    drawWaiting(others);
    rows(chats, chatsOf(view.user), (c) => c.key, chatTab);
  };
  return rail;
}

function lookAs(user) {
  look({ user });
  pull(view.chat).catch(failed);
}

/** drawWaiting offers those colleagues whose direct chat holds something new. */
function drawWaiting(box) {
  const people = waiting().filter((u) => u.open_id !== view.user);
  const version = lang() + people.map((u) => u.open_id + u.n).join();
  part(box, version, () => people.length > 0 && [
    h('span', { class: 'rail-title' }, t('waiting')),
    h('div', { class: 'waiting-row' }, people.map((u) =>
      h('button', { type: 'button', class: 'waiting-one', testid: 'waiting-user', data: { id: u.open_id }, title: t('waiting-for', { name: u.name, n: u.n }), 'aria-label': t('waiting-for', { name: u.name, n: u.n }),
        onclick: () => look({ user: u.open_id, chat: `d:${u.open_id}` }) }, avatar(u.name), badge(u.n)))),
  ]);
}

function chatTab(chat) {
  const mark = h('span', { class: 'badge-box' });
  const name = h('span', { class: 'chat-name' });
  const last = h('small', { class: 'chat-last' });
  const face = chat.direct ? avatar(t('desk'), 'desk') : h('span', { class: 'avatar group' }, icon('bubble', 18));
  const node = h('button', { type: 'button', class: 'chat', role: 'tab', testid: 'chat', data: { id: chat.key.slice(2) }, onclick: () => open(chat.key) },
    h('span', { class: 'chat-face' }, face, mark), h('span', { class: 'chat-words' }, name, last));
  node.update = (c) => {
    const chosen = c.key === view.chat;
    part(name, c.name + lang(), () => [h('b', {}, c.direct ? t('desk') : c.name), c.direct && h('span', { class: 'bot-tag' }, t('bot'))]);
    last.textContent = lastWords(c.key);
    node.setAttribute('aria-selected', String(chosen));
    node.tabIndex = chosen ? 0 : -1;
    const n = unread(c.key, view.user);
    part(mark, `${n} ${lang()}`, () => badge(n));
  };
  return node;
}

function open(chat) {
  look({ chat });
  pull(chat).catch(failed);
}

/** lastWords previews a chat by its newest message. */
function lastWords(key) {
  const items = list(key).items;
  const m = items[items.length - 1];
  if (!m) return '';
  if (m.recalled) return t('recalled');
  const who = userName(m.sender) || t('desk');
  return `${who}: ${(m.text || t(`kind-${m.msg_type}`)).replace(/\s+/g, ' ').slice(0, 60)}`;
}
