// The page's own words in both languages. What the desk says comes from the desk and is shown as it came.
import { words } from './words.js';

let current = document.documentElement.lang === 'en' ? 'en' : 'zh';

/** lang is 'zh' or 'en'. */
export const lang = () => current;

/** cardLocale is the key of a card's i18n_content in this language. */
export const cardLocale = () => (current === 'zh' ? 'zh_cn' : 'en_us');

/** t gives a text of the page, {name} filled from vars. */
export function t(key, vars = {}) {
  const pair = words[key];
  const text = pair ? pair[current === 'zh' ? 0 : 1] : key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in vars ? String(vars[name]) : whole));
}

export function setLang(next) {
  current = next;
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
  try {
    localStorage.setItem('lang', next);
  } catch {
    // storage is switched off: the choice lasts for this page view
  }
}
