// Tables and charts of a card.
import { boxStyle, plainOf } from './card-text.js';
import { h, svg } from './dom.js';
import { day, hourMinute } from './format.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { markdown, tagColour } from './markdown.js';
import { userName } from './store.js';

const pages = new Map(); // a table's page survives a redrawing of the card

/** table draws rows page by page. */
export function table(e, ctx) {
  const size = Math.min(10, Math.max(1, Number(e.page_size) || 5));
  const all = e.rows || [];
  const last = Math.max(0, Math.ceil(all.length / size) - 1);
  const name = `${ctx.place} ${ctx.m.id} ${e.element_id || JSON.stringify(e.columns?.map((c) => c.name))}`;
  const columns = e.columns || [];
  const body = h('tbody');
  const count = h('span');
  const turn = (to) => {
    const page = Math.min(last, Math.max(0, to));
    pages.set(name, page);
    count.textContent = `${page + 1} / ${last + 1}`;
    body.replaceChildren(...all.slice(page * size, (page + 1) * size).map((row) => h('tr', {}, columns.map((c) => h('td', { class: `align-${c.horizontal_align || 'left'}` }, cell(c, row[c.name]))))));
  };
  turn(pages.get(name) || 0);
  const step = (by, label, mark) => h('button', { type: 'button', class: 'icon-btn', 'aria-label': label, onclick: () => turn(pages.get(name) + by) }, mark);
  return h('div', { class: 'table-box data', style: boxStyle(e) },
    h('table', {}, h('thead', {}, h('tr', {}, columns.map((c) => h('th', { class: `align-${c.horizontal_align || 'left'}` }, plainOf(c.display_name) || c.name)))), body),
    last > 0 && h('div', { class: 'pager' }, step(-1, t('page-before'), '‹'), count, step(1, t('page-after'), '›')));
}

function cell(column, value) {
  if (value === undefined || value === null) return '';
  switch (column.data_type) {
    case 'lark_md':
    case 'markdown':
      return markdown(plainOf(value));
    case 'options':
      return [value].flat().map((o) => (typeof o === 'object' ? h('span', { class: `tag tone-${tagColour(o.color)}` }, plainOf(o.text)) : h('span', { class: 'tag tone-neutral' }, o)));
    case 'persons':
      return [value].flat().map((id) => h('span', { class: 'person' }, userName(id) || id));
    case 'number':
      return number(value, column.format);
    case 'date':
      return `${day(Number(value))} ${hourMinute(Number(value))}`;
    default:
      return plainOf(value);
  }
}

function number(value, format) {
  const digits = Number(format?.precision);
  const options = Number.isInteger(digits) ? { minimumFractionDigits: digits, maximumFractionDigits: digits } : {};
  return `${format?.symbol || ''}${Number(value).toLocaleString('en-US', { ...options, useGrouping: Boolean(format?.separator) })}`;
}

const wide = 320;
const high = 150;
const colours = ['#3370ff', '#34c724', '#ff8800', '#7f3bf5', '#00b2a1', '#f54a45', '#ffc60a'];

/** chart draws the numbers of a chart_spec in a simple form: bars, a line, or a ring; the real client has VChart. */
export function chart(e) {
  const spec = e.chart_spec || {};
  const values = valuesOf(spec);
  const title = plainOf(spec.title?.text) || spec.type || t('chart');
  const points = values.map((v) => ({ name: String(v[first(spec.xField || spec.categoryField)] ?? ''), n: Number(v[first(spec.yField || spec.valueField)]) || 0 })).slice(0, 40);
  const drawing = points.length ? (spec.type === 'pie' ? ring(points) : spec.type === 'line' || spec.type === 'area' ? curve(points) : bars(points)) : h('span', { class: 'chart-none' }, icon('heart', 26));
  return h('figure', { class: 'chart', testid: 'card-chart', style: boxStyle(e) }, h('figcaption', {}, title, h('small', {}, t('chart'))), drawing,
    points.length > 0 && points.length <= 12 && h('ul', { class: 'legend' }, points.map((p, i) => h('li', { style: { '--dot': spec.type === 'pie' ? colours[i % colours.length] : colours[0] } }, `${p.name} ${p.n}`))));
}

const first = (field) => (Array.isArray(field) ? field[0] : field);

function valuesOf(spec) {
  const data = Array.isArray(spec.data) ? spec.data[0] : spec.data;
  return Array.isArray(data) ? data : Array.isArray(data?.values) ? data.values : [];
}

const frame = (...shapes) => svg('svg', { viewBox: `0 0 ${wide} ${high}`, class: 'chart-drawing', role: 'img' }, svg('path', { d: `M0 ${high - 0.5}H${wide}`, class: 'axis' }), shapes);
const most = (points) => Math.max(1, ...points.map((p) => p.n));

function bars(points) {
  const step = wide / points.length;
  return frame(points.map((p, i) => {
    const tall = (high - 12) * (p.n / most(points));
    return svg('rect', { x: i * step + step * 0.2, y: high - tall, width: step * 0.6, height: tall, rx: 3, fill: colours[0] });
  }));
}

function curve(points) {
  const step = wide / Math.max(1, points.length - 1);
  const line = points.map((p, i) => `${i * step},${high - 6 - (high - 18) * (p.n / most(points))}`).join(' ');
  return frame(svg('polyline', { points: line, fill: 'none', stroke: colours[0], 'stroke-width': 2.5, 'stroke-linejoin': 'round' }));
}

function ring(points) {
  const sum = points.reduce((s, p) => s + p.n, 0) || 1;
  const around = 2 * Math.PI * 50;
  let at = 0;
  return svg('svg', { viewBox: `0 0 ${wide} ${high}`, class: 'chart-drawing', role: 'img' }, points.map((p, i) => {
    const part = svg('circle', { cx: wide / 2, cy: high / 2, r: 50, fill: 'none', stroke: colours[i % colours.length], 'stroke-width': 24, 'stroke-dasharray': `${(p.n / sum) * around} ${around}`, 'stroke-dashoffset': -at * around, transform: `rotate(-90 ${wide / 2} ${high / 2})` });
    at += p.n / sum;
    return part;
  }));
}
