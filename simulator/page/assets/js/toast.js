// Short messages above everything: the toast of a card's answer as Feishu shows it, errors, and buzzes.
import { append, h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

const shownFor = { info: 3500, success: 3500, warning: 5000, error: 6000, buzz: 15000 };
const atMost = 4;
const marks = { info: 'bubble', success: 'check', warning: 'bolt', error: 'close', buzz: 'bolt' };

/** toast shows words; type is info, success, warning, error, or buzz; a click runs pick, if there is one. */
export function toast(type, words, pick) {
  const kind = type in shownFor ? type : 'info';
  const box = document.getElementById('toasts');
  const node = h(pick ? 'button' : 'div', { class: `toast ${kind}`, testid: 'toast', data: { type: kind }, role: kind === 'error' || kind === 'buzz' ? 'alert' : undefined },
    h('span', { class: 'toast-mark' }, icon(marks[kind], 15)), append(h('span', { class: 'toast-words' }), [words]));
  const end = () => node.remove();
  if (pick) node.addEventListener('click', () => {
    end();
    pick();
  });
  box.append(node);
  while (box.children.length > atMost) box.firstChild.remove();
  setTimeout(end, shownFor[kind]);
}

/** failed tells that a call of the page did not work, with the server's own words. */
export function failed(error) {
  toast('error', error.message === 'offline' ? t('offline') : error.message);
}

const known = new Set(['200340', '200341', '200342', '200343', '200671', '200672', '200673', '108002']);

/** clientError shows the code of a failed card action as the Feishu client does. */
export function clientError(code) {
  toast('error', t(known.has(code) ? `code-${code}` : 'code-other', { code }));
}
