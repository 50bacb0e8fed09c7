// What happens on a card: buttons, the menu behind 更多, containers that can be clicked; the answer is shown as the client shows it.
import * as api from './api.js';
import { plainOf } from './card-text.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { confirm, menu } from './menus.js';
import { pull, view } from './store.js';
import { clientError, failed, toast } from './toast.js';

/**
 * act sends a card action and shows the answer's toast or the client's error code; it resolves with true when the desk took it. The
 * control (if given) is busy meanwhile.
 */
export async function act(ctx, action, control) {
  if (control?.classList.contains('busy')) return false;
  control?.classList.add('busy');
  control?.setAttribute('aria-busy', 'true');
  const key = view.chat;
  try {
    const answer = await api.feishu.act(view.user, { message_id: ctx.m.id, ...action });
    if (answer.error) clientError(String(answer.error));
    else if (answer.toast?.content) toast(answer.toast.type, answer.toast.content);
    return !answer.error && answer.toast?.type !== 'error';
  } catch (error) {
    failed(error);
    return false;
  } finally {
    control?.classList.remove('busy');
    control?.removeAttribute('aria-busy');
    pull(key).catch(() => {}); // the card follows by itself, too; this only makes it come at once
  }
}

/** sure asks what the card wants asked before an action. */
export async function sure(e) {
  return !e.confirm || confirm(plainOf(e.confirm.title), plainOf(e.confirm.text));
}

const types = new Set(['default', 'primary', 'danger', 'text', 'primary_text', 'danger_text', 'primary_filled', 'danger_filled', 'laser']);

/** button draws a button; inside a form it submits or resets, otherwise it calls back or opens an address. */
export function button(e, ctx) {
  const label = plainOf(e.text);
  const type = types.has(e.type) ? e.type : 'default';
  const node = h('button', {
    type: 'button', class: `card-btn ${type} ${e.size || 'medium'} ${e.width === 'fill' ? 'fill' : ''}`, testid: 'card-button', data: { label, name: e.name || '' },
    disabled: Boolean(e.disabled), title: plainOf(e.disabled ? e.disabled_tips : e.hover_tips) || undefined, 'aria-label': label || e.name || t('button'),
  }, label || icon('more', 16));
  node.addEventListener('click', () => press(e, ctx, node, label));
  return node;
}

const formAction = (e) => e.form_action_type || { form_submit: 'submit', form_reset: 'reset' }[e.action_type];

async function press(e, ctx, node, label) {
  const how = ctx.form && formAction(e);
  if (how === 'reset') return ctx.form.reset();
  if (how === 'submit' && !ctx.form.check()) return;
  if (!(await sure(e))) return;
  const address = addressOf(e);
  if (address) open(address, '_blank', 'noopener');
  if (how !== 'submit' && address && !callsBack(e)) return;
  const action = { ...(label && { button: label }), ...(e.name && { name: e.name }), ...(how === 'submit' && { form_value: ctx.form.value() }) };
  if ((await act(ctx, action, node)) && how === 'submit') ctx.form.reset();
}

const callsBack = (e) => Boolean(e.value) || (e.behaviors || []).some((b) => b.type === 'callback');

/** addressOf is the page a click opens; only http addresses are followed. */
function addressOf(e) {
  const address = (e.behaviors || []).find((b) => b.type === 'open_url')?.default_url || e.url || e.multi_url?.url || '';
  return /^https?:\/\//i.test(address) ? address : '';
}

/** overflow draws the button of a menu of further actions. */
export function overflow(e, ctx) {
  const label = t('more');
  const node = h('button', { type: 'button', class: 'card-btn default more', testid: 'card-more', title: label, 'aria-label': label, 'aria-haspopup': 'menu', disabled: Boolean(e.disabled) }, icon('more', 18), h('span', {}, label));
  node.addEventListener('click', () => menu(node, (e.options || []).map((o) => ({
    label: plainOf(o.text), testid: 'more-item', data: { label: plainOf(o.text) }, pick: () => choose(e, o, ctx, node),
  })), label));
  return node;
}

async function choose(e, option, ctx, node) {
  if (!(await sure(e))) return;
  const address = addressOf(option);
  if (address) open(address, '_blank', 'noopener');
  else await act(ctx, { button: plainOf(option.text), ...(e.name && { name: e.name }), ...(option.value && { option: option.value }) }, node);
}

/** container makes content clickable where its element has behaviors; it is returned as it is otherwise. */
export function container(e, ctx, content) {
  const box = h('div', { class: e.tag === 'interactive_container' ? `container ${e.has_border ? 'bordered' : ''}` : '' }, content);
  if (!e.behaviors?.length || e.disabled) return box;
  box.classList.add('clickable');
  Object.assign(box, { tabIndex: 0 });
  box.setAttribute('role', 'button');
  const run = async () => {
    if (!(await sure(e))) return;
    const address = addressOf(e);
    if (address) open(address, '_blank', 'noopener');
    if (callsBack(e)) act(ctx, { ...(e.name && { name: e.name }), ...(e.element_id && { element_id: e.element_id }) }, box);
  };
  const inside = (target) => target.closest('button, a, input, select, textarea, label, summary');
  box.addEventListener('click', (event) => {
    if (!inside(event.target)) run();
  });
  box.addEventListener('keydown', (event) => {
    if (event.target === box && (event.key === 'Enter' || event.key === ' ')) run();
  });
  return box;
}
