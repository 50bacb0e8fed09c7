// Text objects and box styles that all card elements share.
import { cardLocale } from './i18n.js';
import { markdown, tagColour } from './markdown.js';
import { linked } from './format.js';

/** plainOf gives the words of a text object in the page's language. */
export function plainOf(text) {
  if (text === undefined || text === null) return '';
  if (typeof text === 'string') return text;
  return String(text.i18n_content?.[cardLocale()] ?? text.content ?? '');
}

/** words draws a text object: markdown where it says so, mere words otherwise. */
export function words(text) {
  const said = plainOf(text);
  return text?.tag === 'lark_md' || text?.tag === 'markdown' ? markdown(said) : linked(said);
}

/** textClass is the look that a text object asks for: colour, size, alignment. */
export function textClass(text) {
  const colour = text?.text_color && text.text_color !== 'default' ? `ink-${tagColour(String(text.text_color).split('-')[0])}` : '';
  return `align-${text?.text_align || 'left'} size-${text?.text_size || 'normal'} ${colour}`;
}

const measure = /^(-?\d+px)(\s+-?\d+px){0,3}$/;
const sides = { padding: 'padding', margin: 'margin', horizontal_spacing: 'column-gap', vertical_spacing: 'row-gap', corner_radius: 'border-radius' };
const named = { small: '4px', medium: '8px', large: '12px', extra_large: '16px' };

/** boxStyle takes over the measures of an element that are plain pixel values. */
export function boxStyle(e) {
  const style = {};
  for (const [field, property] of Object.entries(sides)) {
    const value = named[e[field]] || e[field];
    if (typeof value === 'string' && measure.test(value)) style[property] = value;
  }
  return style;
}

/** tone is the class of a background colour such as "grey" or "blue-50". */
export function tone(name) {
  if (!name || name === 'default') return '';
  return `tone-${tagColour(String(name).split('-')[0])}`;
}
