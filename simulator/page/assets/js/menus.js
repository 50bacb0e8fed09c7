// Small windows: a popover at its button, a menu of choices, a question that must be answered.
import { h } from './dom.js';
import { t } from './i18n.js';

let openOne = null;

/** closePopover closes what is open; focus goes back to where it came from. */
export function closePopover(refocus = true) {
  if (!openOne) return;
  const { box, anchor, end } = openOne;
  openOne = null;
  end.abort();
  box.remove();
  anchor.setAttribute?.('aria-expanded', 'false');
  if (refocus && anchor.isConnected) anchor.focus?.();
}

/** popover shows content beside anchor (an element, or a point {x, y}); Escape and a click elsewhere close it. */
export function popover(anchor, content, props = {}) {
  const again = openOne?.anchor === anchor;
  closePopover(!again);
  if (again) return null;
  const box = h('div', { class: 'popover', tabindex: '-1', ...props }, content);
  const end = new AbortController();
  openOne = { box, anchor, end };
  document.body.append(box);
  place(box, anchor);
  anchor.setAttribute?.('aria-expanded', 'true');
  const options = { signal: end.signal, capture: true };
  document.addEventListener('pointerdown', (e) => {
    if (!box.contains(e.target) && !(anchor.contains && anchor.contains(e.target))) closePopover(false);
  }, options);
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape') return;
    e.preventDefault();
    closePopover();
  }, options);
  addEventListener('resize', () => closePopover(false), options);
  (box.querySelector('[autofocus], button, input, select, a') || box).focus({ preventScroll: true });
  return box;
}

function place(box, anchor) {
  const gap = 6;
  const at = anchor.getBoundingClientRect ? anchor.getBoundingClientRect() : { left: anchor.x, right: anchor.x, top: anchor.y, bottom: anchor.y };
  const { offsetWidth: w, offsetHeight: high } = box;
  const below = at.bottom + gap + high <= innerHeight;
  const top = below ? at.bottom + gap : Math.max(gap, at.top - gap - high);
  const left = Math.min(Math.max(gap, at.left), Math.max(gap, innerWidth - w - gap));
  box.style.top = `${top}px`;
  box.style.left = `${left}px`;
}

/** menu shows lines {label, icon, pick, testid, data, danger, disabled} beside anchor; arrow keys walk, Enter picks. */
export function menu(anchor, lines, label) {
  const list = h('div', { class: 'menu', role: 'menu', 'aria-label': label, onkeydown: walk }, lines.map(line));
  return popover(anchor, list);
}

function line({ label, icon, pick, testid, data, danger, disabled }) {
  const choose = () => {
    closePopover();
    pick();
  };
  return h('button', { type: 'button', role: 'menuitem', class: danger ? 'danger' : '', testid, data, disabled, onclick: choose }, icon, h('span', {}, label));
}

/** walk moves the focus with the arrow keys. */
export function walk(e) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[e.key];
  if (!step) return;
  const all = [...e.currentTarget.querySelectorAll('button:not([disabled])')];
  const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
  e.preventDefault();
  next?.focus();
}

/** confirm asks and resolves with true or false. */
export function confirm(title, text) {
  return new Promise((resolve) => {
    const done = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const dialog = h('dialog', { class: 'ask', 'aria-label': title, oncancel: () => done(false) },
      h('h2', {}, title),
      text && h('p', {}, text),
      h('div', { class: 'ask-buttons' },
        h('button', { type: 'button', class: 'btn', testid: 'confirm-cancel', onclick: () => done(false) }, t('cancel')),
        h('button', { type: 'button', class: 'btn primary', testid: 'confirm-ok', autofocus: true, onclick: () => done(true) }, t('ok'))));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** prompt asks for a line of words and resolves with them, or with '' when given up. */
export function prompt(title, placeholder, testid) {
  return new Promise((resolve) => {
    const input = h('input', { class: 'field', placeholder, 'aria-label': title, maxlength: 60, testid, autofocus: true });
    const done = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const submit = (e) => {
      e.preventDefault();
      done(input.value.trim());
    };
    const dialog = h('dialog', { class: 'ask', 'aria-label': title, oncancel: () => done('') },
      h('form', { onsubmit: submit },
        h('h2', {}, title),
        input,
        h('div', { class: 'ask-buttons' },
          h('button', { type: 'button', class: 'btn', onclick: () => done('') }, t('cancel')),
          h('button', { class: 'btn primary' }, t('ok')))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
