// One Feishu message: who, when, what, its reactions, its topic's line, and what can be done with it.
import * as api from './api.js';
import { card } from './card.js';
import { body } from './content.js';
import { h, part } from './dom.js';
import { avatar, stamp } from './format.js';
import { lang, t } from './i18n.js';
import { emoji, icon, offered } from './icons.js';
import { closePopover, menu, popover, walk } from './menus.js';
import { list, look, pull, userName, view, world } from './store.js';
import { failed } from './toast.js';
import { unreadReplies } from './unread.js';

const mine = new Set(); // "user message emoji": reactions given in this page view, so that a second click takes them back

/** messageRow makes a row that follows a message of list key; place is 'chat' or 'topic'. Each part is redrawn only when it changes. */
export function messageRow(key, place) {
  const face = h('span', { class: 'msg-face' });
  const head = h('div', { class: 'msg-head' });
  const words = h('div', { class: 'msg-body' });
  const marks = h('div', { class: 'reactions' });
  const foot = h('div', { class: 'msg-foot' });
  const tools = h('div', { class: 'msg-tools', testid: 'message-actions' });
  const row = h('article', { class: 'msg', testid: 'message' }, face, h('div', { class: 'msg-main' }, head, words, marks, foot), tools);
  row.update = (m) => {
    const who = senderName(m);
    Object.assign(row.dataset, { id: m.id, type: m.msg_type || '' });
    row.classList.toggle('mine', m.sender === view.user);
    part(face, who, () => avatar(who, userName(m.sender) ? '' : 'desk'));
    part(head, [who, m.time, m.updated, m.on_top, lang(), world.now.slice(0, 10)].join(), () => headWords(m, who));
    part(words, [m.bodyVersion, lang(), view.user, world.users.length].join(), () => content(m, key, place));
    part(marks, [m.recalled, ...(m.reactions || []), lang(), view.user].join(), () => reactions(m, key));
    part(foot, footVersion(m, key), () => foots(m, key));
    part(tools, [m.recalled, m.sender, view.user, lang(), place].join(), () => buttons(m, key, place));
  };
  return row;
}

export const senderName = (m) => userName(m.sender) || m.sender_name || t('desk');

function headWords(m, who) {
  return [h('b', {}, who), !userName(m.sender) && h('span', { class: 'bot-tag' }, t('bot')),
    h('time', { datetime: m.time }, stamp(m.time, world.now)),
    m.on_top && h('small', { class: 'pinned' }, t('on-top')),
    m.updated && !m.recalled && h('small', { class: 'edited' }, t('edited'))];
}

function content(m, key, place) {
  if (m.recalled) return h('div', { class: 'msg-recalled' }, t('recalled-by', { name: senderName(m) }));
  const quoted = m.root_id && place === 'chat' && list(key).byID.get(m.root_id);
  const shown = m.msg_type === 'interactive' ? card(m, place) : body(m);
  return [quoted && quoted.id !== m.id && h('div', { class: 'quote' }, `${senderName(quoted)}: ${(quoted.text || '').slice(0, 60)}`), shown];
}

function reactions(m, key) {
  if (m.recalled) return [];
  const tally = new Map();
  for (const type of m.reactions || []) tally.set(type, (tally.get(type) || 0) + 1);
  return [...tally].map(([type, n]) =>
    h('button', { type: 'button', class: `reaction ${mine.has(`${view.user} ${m.id} ${type}`) ? 'mine' : ''}`, testid: 'reaction', data: { emoji: type }, title: type, 'aria-label': t('reaction', { type, n }), onclick: () => react(m, type, key) },
      emoji(type), n > 1 && h('span', {}, n)));
}

async function react(m, type, key) {
  const name = `${view.user} ${m.id} ${type}`;
  const remove = mine.has(name);
  const note = (given) => (given ? mine.add(name) : mine.delete(name));
  note(!remove);
  try {
    await api.feishu.react(view.user, { message_id: m.id, emoji_type: type, ...(remove && { remove }) });
    pull(key).catch(() => {});
  } catch (error) {
    note(remove);
    failed(error);
  }
}

function footVersion(m, key) {
  const last = m.replies?.[m.replies.length - 1];
  return [m.replies?.length, last?.version, unreadReplies(key, view.user, m.id), lang(), view.topic === m.id].join();
}

/** foots shows under a topic's root its last two replies and how many there are; a click opens the topic. */
function foots(m, key) {
  if (!m.replies?.length) return [];
  const fresh = unreadReplies(key, view.user, m.id);
  return h('button', { type: 'button', class: `topic-line ${view.topic === m.id ? 'open' : ''}`, testid: 'topic-open', onclick: () => openTopic(m.id), 'aria-label': t('open-topic', { n: m.replies.length }) },
    h('span', { class: 'topic-previews' }, m.replies.slice(-2).map((r) => h('span', { class: 'topic-preview' },
      avatar(senderName(r), userName(r.sender) ? 'tiny' : 'tiny desk'), h('b', {}, senderName(r)), h('span', {}, r.recalled ? t('recalled') : r.text || t(`kind-${r.msg_type}`)),
      (r.reactions || []).slice(0, 2).map(emoji)))),
    h('span', { class: 'topic-total' }, icon('topic', 14), t('replies', { n: m.replies.length }), fresh > 0 && h('span', { class: 'fresh' }, t('new-replies', { n: fresh }))));
}

function openTopic(root) {
  look({ topic: root });
  document.querySelector('[data-testid="topic-panel"] textarea')?.focus({ preventScroll: true });
}

function buttons(m, key, place) {
  if (m.recalled) return [];
  const act = (name, label, testid, run, has) => h('button', { type: 'button', class: 'icon-btn', testid, title: label, 'aria-label': label, 'aria-haspopup': has, onclick: run }, icon(name, 17));
  const topical = place === 'chat' && key.startsWith('c:');
  const own = m.sender === view.user;
  return [
    act('smile', t('react'), 'react', (e) => pickReaction(e.currentTarget, m, key), 'true'),
    topical && act('topic', t('reply-in-topic'), 'reply-in-topic', () => openTopic(m.id)),
    own && act('more', t('more'), 'message-more', (e) => menu(e.currentTarget, [
      { label: t('recall'), icon: icon('undo', 16), testid: 'recall', danger: true, pick: () => recall(m, key) }], t('message-menu')), 'menu'),
  ];
}

function recall(m, key) {
  api.feishu.recall(view.user, m.id).then(() => pull(key)).catch(failed);
}

function pickReaction(anchor, m, key) {
  popover(anchor, h('div', { class: 'react-picker', role: 'group', 'aria-label': t('react'), onkeydown: walk }, offered.map((type) =>
    h('button', { type: 'button', class: 'icon-btn', testid: 'react-with', data: { emoji: type }, title: type, 'aria-label': type, onclick: () => {
      closePopover();
      react(m, type, key);
    } }, emoji(type)))));
}
