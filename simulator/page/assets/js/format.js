// Times, names and links as people read them. The desk's day is Shanghai's, wherever the browser stands.
import { h } from './dom.js';
import { lang, t } from './i18n.js';

const zone = 'Asia/Shanghai';
const formats = new Map();

function format(options) {
  const key = lang() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(lang() === 'zh' ? 'zh-CN' : 'en-GB', { timeZone: zone, hourCycle: 'h23', ...options }));
  return formats.get(key);
}

function show(time, options) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '' : format(options).format(date);
}

/** iso is the day as 2026-03-02. */
function iso(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '' : new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(date);
}

export const hourMinute = (time) => show(time, { hour: '2-digit', minute: '2-digit' });
export const hourMinuteSecond = (time) => show(time, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const weekday = (time) => show(time, { weekday: 'short' });
export const day = (time) => `${show(time, { month: 'short', day: 'numeric' })} ${weekday(time)}`;

/** fullDay is 2026-03-02 with the weekday, in both languages. */
export const fullDay = (time) => (iso(time) ? `${iso(time)} ${weekday(time)}` : '');

/** stamp is a message's time: the hour today, with the day before it otherwise. */
export function stamp(time, now) {
  const sameDay = now && fullDay(time) === fullDay(now);
  return sameDay ? hourMinute(time) : `${day(time)} ${hourMinute(time)}`;
}

const hues = [214, 262, 334, 18, 172, 145, 290, 36];

/** hue gives everybody a colour of his own that stays. */
function hue(name) {
  let sum = 0;
  for (const ch of String(name)) sum = (sum * 31 + ch.codePointAt(0)) % 9973;
  return hues[sum % hues.length];
}

/** avatar draws a person's tile: the last two characters of a Chinese name, initials otherwise. */
export function avatar(name, kind = '') {
  const words = String(name || '?').trim().split(/\s+/);
  const letters = kind.includes('tiny') ? -1 : -2;
  const short = words.length > 1 ? words.map((w) => [...w][0]).slice(0, 2).join('') : [...words[0]].slice(letters).join('');
  return h('span', { class: `avatar ${kind}`, 'aria-hidden': 'true', style: { '--hue': hue(name) } }, kind.includes('desk') ? '' : short);
}

const address = /https?:\/\/[^\s<>"'，。；）】」]+/g;

/** anchor is a link outwards, or mere text when the address is not http. */
export function anchor(url, ...children) {
  if (!/^https?:\/\//i.test(url || '')) return children;
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, ...children);
}

/** linked splits words into text and links. */
export function linked(text) {
  const nodes = [];
  let from = 0;
  for (const match of String(text ?? '').matchAll(address)) {
    nodes.push(text.slice(from, match.index), anchor(match[0], match[0]));
    from = match.index + match[0].length;
  }
  nodes.push(String(text ?? '').slice(from));
  return nodes;
}

/** count shows a badge's number. */
export const count = (n) => (n > 99 ? '99+' : String(n));

/** badge is a red mark with the number of unread messages, or nothing. */
export function badge(n) {
  return n > 0 && h('span', { class: 'badge', 'aria-label': t('unread', { n }) }, count(n));
}
