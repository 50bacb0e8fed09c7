// Cards of schema 2.0 as the Feishu client draws them. A tag the page does not know stays visible as a placeholder.
import * as api from './api.js';
import { button, container, overflow } from './card-act.js';
import { chart, table } from './card-data.js';
import { fields, form } from './card-fields.js';
import { boxStyle, plainOf, textClass, tone, words } from './card-text.js';
import { parsed } from './content.js';
import { h } from './dom.js';
import { avatar } from './format.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { markdown, tagColour } from './markdown.js';
import { userName } from './store.js';

const deepest = 8; // Feishu itself allows five; beyond this a card is broken

/** card draws a message's card; place tells the chat's copy from the topic's. */
export function card(m, place) {
  const spec = parsed(m.card ?? m.content);
  const ctx = { m, place, depth: 0, draw };
  const elements = spec.body?.elements || spec.elements;
  const body = elements ? stack(spec.body || {}, elements, ctx, 'card-body') : h('div', { class: 'card-body' }, placeholder(spec.type || 'card'), m.text);
  return h('section', { class: `card ${spec.config?.width_mode === 'fill' ? 'wide' : ''}`, testid: 'card', data: { id: m.id }, 'aria-label': plainOf(spec.header?.title) || t('card') }, header(spec.header), body);
}

function header(head) {
  if (!head) return null;
  const tags = (head.text_tag_list || []).slice(0, 3).map((tag) => h('span', { class: `tag tone-${tagColour(tag.color)}` }, plainOf(tag.text)));
  return h('header', { class: `card-head head-${head.template || 'default'}`, data: { template: head.template || 'default' } },
    h('div', { class: 'card-title' }, h('h3', {}, words(head.title)), tags),
    head.subtitle && plainOf(head.subtitle) && h('p', { class: 'card-subtitle' }, words(head.subtitle)));
}

/** stack lays elements out below or beside each other. */
function stack(spec, elements, ctx, className) {
  const level = { ...ctx, depth: ctx.depth + 1 };
  const across = spec.direction === 'horizontal' ? 'across' : '';
  return h('div', { class: `${className} ${across}`, style: boxStyle(spec) }, elements.map((e) => draw(e, level)));
}

const drawers = {
  markdown: (e) => h('div', { class: textClass(e), style: boxStyle(e) }, markdown(localText(e))),
  plain_text: textBox,
  lark_md: textBox,
  div: (e, ctx) => h('div', { class: 'card-div', style: boxStyle(e) }, e.text && textBox(e.text), fieldGrid(e.fields), e.extra && ctx.draw(e.extra, ctx)),
  note: (e, ctx) => h('div', { class: 'card-note' }, (e.elements || []).map((x) => ctx.draw(x, ctx))),
  hr: (e) => h('hr', { style: boxStyle(e) }),
  img: (e) => picture(e),
  img_combination: (e) => h('div', { class: 'pictures' }, (e.img_list || []).map(picture)),
  column_set: columns,
  column: (e, ctx) => stack(e, e.elements || [], ctx, 'column'),
  action: (e, ctx) => h('div', { class: 'actions' }, (e.actions || []).map((x) => ctx.draw(x, ctx))),
  collapsible_panel: panel,
  interactive_container: (e, ctx) => container(e, ctx, stack(e, e.elements || [], ctx, 'inner')),
  person: (e) => person(e.user_id),
  person_list: (e) => h('span', { class: 'persons' }, (e.persons || []).map((p) => person(p.id))),
  standard_icon: () => h('span', { class: 'card-icon' }, icon('doc', 16)),
  custom_icon: (e) => h('img', { class: 'card-icon', src: api.feishu.resource(e.img_key), alt: '' }),
  button,
  overflow,
  form,
  table,
  chart,
  ...fields,
};

/** draw draws one element. */
function draw(e, ctx) {
  if (!e || typeof e !== 'object') return null;
  if (ctx.depth > deepest || !Object.hasOwn(drawers, e.tag)) return placeholder(e.tag);
  try {
    return drawers[e.tag](e, ctx);
  } catch {
    return placeholder(e.tag); // of an unexpected shape: the rest of the card, and of the chat, is drawn all the same
  }
}

const placeholder = (tag) => h('div', { class: 'unknown', testid: 'unknown-element', data: { tag: String(tag) } }, t('unknown-element', { tag: String(tag) }));

function textBox(text) {
  return h('div', { class: `card-text ${textClass(text)}` }, words(text));
}

function localText(e) {
  return plainOf({ content: e.content, i18n_content: e.i18n_content });
}

function fieldGrid(list) {
  return list && h('div', { class: 'field-grid' }, list.map((f) => h('div', { class: f.is_short ? 'short' : '' }, textBox(f.text))));
}

function picture(e) {
  const src = api.feishu.resource(e.img_key || '');
  return h('figure', { class: 'card-picture', style: boxStyle(e) },
    h('a', { href: src, target: '_blank', rel: 'noopener' }, h('img', { src, alt: plainOf(e.alt) || t('image'), loading: 'lazy' })),
    e.title && plainOf(e.title) && h('figcaption', {}, words(e.title)));
}

function person(id) {
  return h('span', { class: 'person' }, avatar(userName(id) || id, 'tiny'), userName(id) || id);
}

const flexModes = new Set(['none', 'stretch', 'flow', 'bisect', 'trisect']);

function columns(e, ctx) {
  const mode = flexModes.has(e.flex_mode) ? e.flex_mode : 'none';
  const list = (e.columns || []).map((c) => {
    const node = container(c, ctx, stack(c, c.elements || [], ctx, `column ${tone(c.background_style)} valign-${c.vertical_align || 'top'}`));
    node.classList.add('column-box');
    if (/^\d+px$/.test(c.width || '')) node.style.flex = `0 1 ${c.width}`;
    else if (c.width === 'auto') node.style.flex = '0 0 auto';
    else node.style.flex = `${Math.min(5, Math.max(1, Number(c.weight) || 1))} 1 0`;
    return node;
  });
  return h('div', { class: `columns ${mode} ${tone(e.background_style)} halign-${e.horizontal_align || 'left'}`, style: boxStyle(e) }, list);
}

const opened = new Map(); // a panel that the reader opened or closed stays so when the card is redrawn

function panel(e, ctx) {
  const name = `${ctx.place} ${ctx.m.id} ${e.element_id || plainOf(e.header?.title)}`;
  const node = h('details', { class: `panel ${e.border ? 'bordered' : ''} ${tone(e.background_color)}`, open: opened.get(name) ?? Boolean(e.expanded), testid: 'card-panel', style: boxStyle({ margin: e.margin }) },
    h('summary', { class: tone(e.header?.background_color) }, h('span', {}, words(e.header?.title)), icon('down', 16)),
    stack({ ...e, margin: undefined }, e.elements || [], ctx, 'panel-body'));
  node.addEventListener('toggle', () => opened.set(name, node.open));
  return node;
}

