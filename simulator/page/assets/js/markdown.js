// Feishu's markdown (text elements of cards, md elements of posts) as nodes. Nothing passes through HTML.
import * as api from './api.js';
import { h } from './dom.js';
import { anchor } from './format.js';
import { t } from './i18n.js';
import { emoji, knownEmoji } from './icons.js';
import { userName, view } from './store.js';

/** named shows an @-mention; one that means the reader stands out. */
export function named(name, id) {
  return h('span', { class: `at ${id === view.user || id === 'all' ? 'me' : ''}` }, `@${name}`);
}

const idsOf = (text) => text.split(',').map((s) => s.trim()).filter(Boolean);
const nameOf = (id) => (id === 'all' ? t('everyone') : userName(id) || id);
const attribute = (tag, name) => new RegExp(`\\b${name}\\s*=\\s*['"]?([^'"\\s>]*)['"]?`).exec(tag)?.[1] || '';

const entities = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ', ensp: ' ', emsp: ' ' };

function entity(name) {
  if (name[0] !== '#') return entities[name];
  const code = name[1] === 'x' || name[1] === 'X' ? parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

const colours = new Set(['blue', 'wathet', 'turquoise', 'green', 'yellow', 'orange', 'red', 'carmine', 'violet', 'purple', 'indigo', 'grey', 'neutral', 'lime']);

/** tagColour keeps to Feishu's colour names. */
export const tagColour = (name) => (colours.has(name) ? name : name === 'gray' ? 'grey' : 'neutral');

// Rules of inline text, first come first served; those marked basic also hold in text messages.
const rules = [
  { at: /\\([\\`*_{}[\]()#+\-.!|~<>&$])/g, make: (m) => m[1] },
  { at: /`([^`]+)`/g, make: (m) => h('code', {}, m[1]) },
  { at: /<at\s([^>]*)>(.*?)<\/at>|<at\s([^>]*)\/>/g, basic: true, make: mention },
  { at: /<person\s([^>]*)>(.*?)<\/person>/g, make: (m) => named(nameOf(attribute(m[1], 'id')), attribute(m[1], 'id')) },
  { at: /<font\s+color\s*=\s*['"]?([\w-]+)['"]?\s*>([\s\S]*?)<\/font>/g, make: (m, o) => h('span', { class: `ink-${tagColour(m[1].split('-')[0])}` }, inline(m[2], o)) },
  { at: /<text_tag\s+color\s*=\s*['"]?([\w-]+)['"]?\s*>([\s\S]*?)<\/text_tag>/g, make: (m, o) => h('span', { class: `tag tone-${tagColour(m[1])}` }, inline(m[2], o)) },
  { at: /<a\s([^>]*)>([\s\S]*?)<\/a>/g, basic: true, make: (m, o) => anchor(attribute(m[1], 'href'), inline(m[2], o)) },
  { at: /<link\s([^>]*)>([\s\S]*?)<\/link>/g, make: (m, o) => anchor(attribute(m[1], 'url') || attribute(m[1], 'pc_url'), inline(m[2], o)) },
  { at: /<(b|i|u|s)>([\s\S]*?)<\/\1>/g, basic: true, make: (m, o) => h(m[1], {}, inline(m[2], o)) },
  { at: /!\[([^\]]*)\]\(([^)\s]+)\)/g, make: (m) => h('img', { class: 'md-image', alt: m[1], src: api.feishu.resource(m[2]), loading: 'lazy' }) },
  { at: /\[([^\]]+)\]\(([^)\s]+)\)/g, basic: true, make: (m, o) => anchor(m[2], inline(m[1], o)) },
  { at: /\*\*(?=\S)([\s\S]*?\S)\*\*/g, make: (m, o) => h('strong', {}, inline(m[1], o)) },
  { at: /~~(?=\S)([\s\S]*?\S)~~/g, make: (m, o) => h('s', {}, inline(m[1], o)) },
  { at: /\*(?=[^\s*])([^*]*[^\s*])\*/g, make: (m, o) => h('em', {}, inline(m[1], o)) },
  { at: /&(#x?[\da-fA-F]+|[a-z]+);/g, make: (m) => entity(m[1]) ?? m[0] },
  { at: /:([A-Za-z_]+):/g, make: (m) => (knownEmoji.has(m[1]) ? emoji(m[1]) : m[0]) },
  { at: /https?:\/\/[^\s<>"'*，。；）】」|]+/g, basic: true, make: (m) => anchor(m[0], m[0]) },
];

function mention(m) {
  const tag = m[1] || m[3] || '';
  const ids = idsOf(attribute(tag, 'ids') || attribute(tag, 'user_id') || attribute(tag, 'id'));
  return ids.map((id) => named(m[2] || nameOf(id), id));
}

/** inline turns words with inline marks into nodes; {plain: true} knows only what a text message knows. */
export function inline(text, options = {}) {
  const active = rules.filter((r) => !options.plain || r.basic).map((r) => ({ ...r, at: new RegExp(r.at.source, 'g'), next: undefined }));
  const nodes = [];
  let from = 0;
  for (;;) {
    const first = nearest(active, text, from);
    if (!first) break;
    if (first.next.index > from) nodes.push(text.slice(from, first.next.index));
    nodes.push(first.make(first.next, options));
    from = first.next.index + first.next[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.flat(Infinity).filter((n) => n !== '');
}

/** nearest finds the rule that matches first at or after from; each rule searches on only when its last find lies behind. */
function nearest(active, text, from) {
  let best = null;
  for (const rule of active) {
    if (rule.next === null) continue;
    if (rule.next === undefined || rule.next.index < from) {
      rule.at.lastIndex = from;
      rule.next = rule.at.exec(text);
    }
    if (rule.next && (!best || rule.next.index < best.next.index)) best = rule;
  }
  return best;
}

const fence = /^\s*```/;
const heading = /^\s*(#{1,6})\s+(.*)$/;
const divider = /^\s*(?:-{3,}|\*{3,}|_{3,}|<hr\s*\/?>)\s*$/;
const item = /^(\s*)(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const quote = /^\s*>\s?(.*)$/;
const tableRule = /^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$/;

/** markdown turns a text element into nodes. A single line break is a line break, as in Feishu. */
export function markdown(text) {
  const lines = String(text ?? '').replace(/<br\s*\/?>/gi, '\n').split('\n');
  const nodes = [];
  let i = 0;
  while (i < lines.length) {
    const [node, next] = block(lines, i);
    if (node) nodes.push(node);
    i = next;
  }
  return h('div', { class: 'md' }, nodes);
}

/** block reads one block from line i and gives its node and the line after it. */
function block(lines, i) {
  const line = lines[i];
  if (fence.test(line)) return codeBlock(lines, i);
  const title = heading.exec(line);
  if (title) return [h(`h${Math.min(title[1].length + 2, 6)}`, {}, inline(title[2])), i + 1];
  if (divider.test(line)) return [h('hr'), i + 1];
  if (line.includes('|') && tableRule.test(lines[i + 1] || '') && lines[i + 1].includes('-')) return table(lines, i);
  if (item.test(line)) return listBlock(lines, i);
  if (quote.test(line)) return quoteBlock(lines, i);
  return paragraph(lines, i);
}

function codeBlock(lines, i) {
  let end = i + 1;
  while (end < lines.length && !fence.test(lines[end])) end++;
  return [h('pre', {}, h('code', {}, lines.slice(i + 1, end).join('\n'))), end + 1];
}

function quoteBlock(lines, i) {
  const said = [];
  for (; i < lines.length && quote.test(lines[i]); i++) said.push(quote.exec(lines[i])[1]);
  return [h('blockquote', {}, broken(said)), i];
}

const starts = (line, next) => fence.test(line) || heading.test(line) || divider.test(line) || item.test(line) || quote.test(line) || (line.includes('|') && tableRule.test(next || ''));

function paragraph(lines, i) {
  const said = [lines[i++]];
  while (i < lines.length && !starts(lines[i], lines[i + 1])) said.push(lines[i++]);
  while (said.length && !said[said.length - 1].trim()) said.pop();
  return [said.length ? h('p', {}, broken(said)) : null, i];
}

const broken = (said) => said.flatMap((line, n) => (n ? [h('br'), ...inline(line)] : inline(line)));

/** listBlock reads items; deeper indents become lists inside the item before them. */
function listBlock(lines, i) {
  const first = item.exec(lines[i]);
  const depth = first[1].length;
  const box = h(first[2] ? 'ol' : 'ul', first[2] && first[2] !== '1' ? { start: first[2] } : {});
  while (i < lines.length) {
    const next = item.exec(lines[i]);
    if (!next || next[1].length < depth || (next[1].length === depth && Boolean(next[2]) !== Boolean(first[2]))) break;
    if (next[1].length > depth && box.lastChild) {
      const [inner, after] = listBlock(lines, i);
      box.lastChild.append(inner);
      i = after;
    } else {
      box.append(h('li', {}, inline(next[3])));
      i++;
    }
  }
  return [box, i];
}

const cells = (line) => line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((c) => c.trim());

function table(lines, i) {
  const head = cells(lines[i]);
  const body = [];
  for (i += 2; i < lines.length && lines[i].includes('|'); i++) body.push(cells(lines[i]));
  return [h('div', { class: 'table-box' }, h('table', {},
    h('thead', {}, h('tr', {}, head.map((c) => h('th', {}, inline(c))))),
    h('tbody', {}, body.map((r) => h('tr', {}, head.map((_, n) => h('td', {}, inline(r[n] || '')))))))), i];
}
