// One message on the phone: bubbles, menus with tappable lines, media, and the system's grey lines.
import * as api from './api.js';
import { h, part } from './dom.js';
import { anchor, avatar, linked, stamp } from './format.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { menu } from './menus.js';
import { contactName, view, world } from './store.js';
import { failed, toast } from './toast.js';

/** bubbleRow makes a row that follows its message; say sends a message as the contact (for taps on a menu). */
export function bubbleRow(say) {
  const time = h('div', { class: 'wx-time-box' });
  const box = h('div', { class: 'wx-box' });
  const row = h('div', { class: 'wx-row', testid: 'wecom-message' }, time, box);
  row.update = (m) => {
    Object.assign(row.dataset, { id: m.id, from: m.from });
    part(time, `${m.gap} ${m.time} ${lang()} ${world.now.slice(0, 10)}`, () => m.gap && h('div', { class: 'wx-time' }, stamp(m.time, world.now)));
    part(box, `${m.version} ${lang()} ${contactName(view.contact)}`, () => content(m, say));
  };
  return row;
}

/** newcomer is what an empty conversation shows. */
export function newcomer() {
  const node = h('div', { class: 'wx-empty' });
  node.update = () => part(node, lang(), () => [icon('bubble', 34), h('p', {}, t('wecom-empty'))]);
  return node;
}

function content(m, say) {
  if (m.recalled) return systemLine(m.from === 'contact' ? t('you-recalled') : t('desk-recalled'));
  if (m.from === 'system' || m.msgtype === 'event') return systemLine(eventWords(m));
  const mine = m.from === 'contact';
  const who = mine ? contactName(view.contact) : m.from === 'servicer' ? t('servicer') : t('desk');
  const bubble = h('div', { class: `wx-bubble ${plain(m) ? '' : 'media'}`, tabindex: '0' }, kinds(m, say));
  const line = h('div', { class: `wx-line ${mine ? 'mine' : ''}` },
    avatar(who, mine ? 'square' : m.from === 'servicer' ? 'square' : 'square desk'),
    h('div', { class: 'wx-words' }, m.from === 'servicer' && h('small', { class: 'wx-who' }, who), bubble),
    m.failed && h('span', { class: 'wx-failed', role: 'img', title: t('event-msg_send_fail'), 'aria-label': t('event-msg_send_fail') }, '!'));
  bubble.addEventListener('contextmenu', (e) => openMenu(e, m, bubble));
  bubble.addEventListener('keydown', (e) => {
    if (e.key === 'ContextMenu' || (e.shiftKey && e.key === 'F10')) openMenu(e, m, bubble);
  });
  return line;
}

const systemLine = (words) => h('div', { class: 'wx-system' }, words);

function eventWords(m) {
  const kind = m.event_type || m.event?.event_type || '';
  const event = `event-${kind}`;
  return m.text || (t(event) !== event ? t(event) : kind || t('system'));
}

const plain = (m) => !['image', 'video'].includes(m.msgtype);

function openMenu(e, m, bubble) {
  e.preventDefault();
  const at = e.clientX ? { x: e.clientX, y: e.clientY } : bubble;
  const lines = [];
  if (m.text) lines.push({ label: t('copy'), icon: icon('copy', 16), pick: () => copy(m.text) });
  if (m.from === 'contact') lines.push({ label: t('recall'), icon: icon('undo', 16), testid: 'recall', danger: true, pick: () => api.wecom.recall(view.contact, m.msgid || m.id).catch(failed) });
  if (lines.length) menu(at, lines, t('message-menu'));
}

async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    toast('success', t('copied'));
  } catch (error) {
    failed(error); // the browser refuses the clipboard: its words say why
  }
}

function kinds(m, say) {
  const media = m.media_id && api.wecom.media(m.media_id);
  switch (m.msgtype) {
    case 'text':
      return linked(textOf(m));
    case 'msgmenu':
      return menuLines(m.menu || m.msgmenu || {}, say);
    case 'image':
      return h('a', { href: media, target: '_blank', rel: 'noopener' }, h('img', { src: media, alt: m.filename || t('image'), loading: 'lazy' }));
    case 'video':
      return h('video', { src: media, controls: true, preload: 'metadata', 'aria-label': m.filename || t('video') });
    case 'voice':
      return h('audio', { src: media, controls: true, preload: 'none', 'aria-label': t('voice') });
    case 'file':
      return tile('file', m.filename || t('file'), t('file'), media);
    case 'location':
      return tile('place', m.location?.name || m.text, m.location?.address);
    case 'link':
      return tile('link', m.link?.title || m.text, m.link?.desc, m.link?.url);
    default:
      return [h('span', { class: 'wx-kind' }, m.msgtype), m.text && linked(m.text)];
  }
}

/** textOf gives the words: as the lists carry them, or as the message's own body does. */
const textOf = (m) => (typeof m.text === 'string' ? m.text : m.text?.content ?? '');

function tile(name, title, sub, href) {
  const words = [h('span', { class: 'wx-tile-words' }, h('b', {}, title || ''), h('small', {}, sub || '')), h('span', { class: 'wx-tile-icon' }, icon(name, 26))];
  return href ? h('a', { class: 'wx-tile', href, target: '_blank', rel: 'noopener noreferrer' }, words) : h('span', { class: 'wx-tile' }, words);
}

/** menuLines draws a msgmenu; a tap on a click line sends its words with the line's id, as WeChat does. */
function menuLines(body, say) {
  const lines = (body.list || []).map((item) => menuLine(item, say));
  return [
    body.head_content && h('div', { class: 'wx-menu-head' }, linked(body.head_content)),
    h('div', { class: 'wx-menu' }, lines),
    body.tail_content && h('div', { class: 'wx-menu-tail' }, linked(body.tail_content)),
  ];
}

function menuLine(item, say) {
  if (item.type === 'click') {
    const { id, content: words } = item.click || {};
    const tap = () => say({ msgtype: 'text', text: { content: words, menu_id: id } });
    return h('button', { type: 'button', class: 'wx-menu-item', testid: 'wecom-menu-item', data: { id: id || '' }, onclick: tap }, words);
  }
  if (item.type === 'view') return h('span', { class: 'wx-menu-item' }, anchor(item.view?.url, item.view?.content || item.view?.url));
  if (item.type === 'text') return h('span', { class: `wx-menu-text ${item.text?.no_newline ? 'inline' : ''}` }, linked(item.text?.content));
  return h('span', { class: 'wx-menu-text' }, item.miniprogram?.content || item.type);
}
