// What a message says when it is no card: text, post, image, file.
import * as api from './api.js';
import { h } from './dom.js';
import { anchor, linked } from './format.js';
import { cardLocale, t } from './i18n.js';
import { icon } from './icons.js';
import { inline, markdown, named } from './markdown.js';
import { userName, world } from './store.js';

/** parsed reads a message's content, which Feishu carries as JSON in a string. */
export function parsed(content) {
  if (content && typeof content === 'object') return content;
  try {
    return JSON.parse(content || '{}');
  } catch {
    return {};
  }
}

/** body draws a message that is no card. */
export function body(m) {
  const content = parsed(m.content);
  switch (m.msg_type) {
    case 'text':
      return h('div', { class: 'bubble' }, textWords(m, content));
    case 'post':
      return h('div', { class: 'bubble post' }, post(content));
    case 'image':
      return image(m.image_key || content.image_key, m.filename);
    case 'file':
    case 'media':
    case 'audio':
      return file(m.file_key || content.file_key, m.filename || content.file_name);
    case 'system':
      return h('div', { class: 'msg-recalled' }, m.text);
    default:
      return h('div', { class: 'bubble unknown' }, t('unknown-kind', { kind: m.msg_type }), m.text && h('p', {}, m.text));
  }
}

/** textWords: the desk's text may carry tags (at, bold, links); what a person typed is words, with names after @ marked. */
function textWords(m, content) {
  const raw = content.text ?? m.text ?? '';
  if (!userName(m.sender) && /<at\s|<\/?[bius]>|\]\(https?:/.test(raw)) return inline(raw, { plain: true });
  return mentions(m.text ?? raw);
}

/** mentions marks the names of people and of the desk that follow an @. */
export function mentions(text) {
  const names = [...world.users.map((u) => u.name), '服务台', t('desk')].filter(Boolean).sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`@(${names.map((n) => n.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'g');
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    nodes.push(linked(text.slice(from, match.index)), named(match[1], world.users.find((u) => u.name === match[1])?.open_id));
    from = match.index + match[0].length;
  }
  return [...nodes, linked(text.slice(from))];
}

/** localised: a sent post has a locale level, a received one has none. */
function localised(content) {
  if (content.content) return content;
  return content[cardLocale()] || content.zh_cn || content.en_us || Object.values(content)[0] || {};
}

function post(content) {
  const { title, content: paragraphs } = localised(content);
  return [title && h('b', { class: 'post-title' }, title), (paragraphs || []).map((line) => h('div', { class: 'post-line' }, (line || []).map(element)))];
}

function element(e) {
  switch (e.tag) {
    case 'text':
      return styled(e.style, linked(e.text));
    case 'a':
      return styled(e.style, anchor(e.href, e.text || e.href));
    case 'at':
      return at(e);
    case 'img':
      return image(e.image_key);
    case 'media':
      return file(e.file_key);
    case 'md':
      return markdown(e.text);
    case 'hr':
      return h('hr');
    case 'code_block':
      return h('pre', {}, h('code', {}, e.text));
    case 'emotion':
      return h('span', {}, `[${e.emoji_type}]`);
    default:
      return h('span', { class: 'unknown' }, t('unknown-kind', { kind: e.tag }), e.text);
  }
}

/** at: a sent mention holds the id, a received one a key and the name. */
function at(e) {
  const known = world.users.find((u) => u.open_id === e.user_id || u.name === e.user_name);
  return named(e.user_name || known?.name || (e.user_id === 'all' ? t('everyone') : t('desk')), known?.open_id || e.user_id);
}

function styled(style, children) {
  const names = (style || []).filter((s) => ['bold', 'italic', 'underline', 'lineThrough'].includes(s));
  return names.length ? h('span', { class: names.map((n) => `text-${n}`).join(' ') }, children) : children;
}

/** image shows a picture that can be opened in its full size. */
export function image(key, alt) {
  if (!key) return h('span', { class: 'unknown' }, t('image'));
  const src = api.feishu.resource(key);
  return h('a', { class: 'picture', href: src, target: '_blank', rel: 'noopener' }, h('img', { src, alt: alt || t('image'), loading: 'lazy' }));
}

function file(key, name) {
  return h('a', { class: 'file', href: key ? api.feishu.resource(key) : undefined, target: '_blank', rel: 'noopener', download: name || '' },
    h('span', { class: 'file-icon' }, icon('file', 24)), h('span', {}, h('b', {}, name || t('file')), h('small', {}, t('file'))));
}

