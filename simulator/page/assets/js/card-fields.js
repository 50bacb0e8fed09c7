// Forms of a card and everything that can be filled in, inside a form or alone (then each change is an action of its own).
import { act, sure } from './card-act.js';
import { boxStyle, plainOf, words } from './card-text.js';
import { h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { userName, view, world } from './store.js';

const typed = new Map(); // what a reader has filled in and not yet sent survives a redrawing of the card

const slot = (ctx, name) => `${view.user} ${ctx.m.id} ${name}`;
const offset = '+0800'; // the client's zone, as Feishu appends it to dates

/** form draws a form; its buttons read ctx.form. */
export function form(e, ctx) {
  const inputs = [];
  const own = {
    inputs,
    value: () => Object.fromEntries(inputs.filter((f) => f.always || f.filled()).map((f) => [f.name, f.read()])),
    check: () => {
      const missing = inputs.filter((f) => f.mark(f.required && !f.filled()));
      missing[0]?.focus();
      return missing.length === 0;
    },
    reset: () => inputs.forEach((f) => f.reset()),
  };
  const inner = { ...ctx, form: own, depth: ctx.depth + 1 };
  const node = h('form', { class: `card-form ${e.direction === 'horizontal' ? 'across' : ''}`, testid: 'card-form', data: { name: e.name || '' }, 'aria-label': e.name || t('form'), novalidate: true, style: boxStyle(e) },
    (e.elements || []).map((x) => ctx.draw(x, inner)));
  node.addEventListener('submit', (event) => event.preventDefault());
  return node;
}

/**
 * bind joins a control to its form, or to an action of its own. read and write speak the wire's values (a string, a list, a boolean);
 * initial is what the card gives.
 */
function bind(e, ctx, box, control, { read, write, initial, watch = 'change' }) {
  const name = e.name || '';
  const key = slot(ctx, name);
  const filled = () => {
    const value = read();
    return Array.isArray(value) ? value.length > 0 : value !== '' && value !== false;
  };
  write(name && typed.has(key) ? typed.get(key) : initial);
  box.addEventListener('input', () => {
    if (name) typed.set(key, read());
    box.classList.remove('missing');
  });
  control.dataset.keep = `${ctx.place} ${ctx.m.id} ${name}`;
  if (!ctx.form) {
    box.addEventListener(watch, () => alone(e, ctx, box, read()));
    return box;
  }
  ctx.form.inputs.push({
    name, required: Boolean(e.required), read, filled, always: e.tag === 'input' || e.tag === 'checker',
    reset: () => {
      typed.delete(key);
      write(initial);
      box.classList.remove('missing');
    },
    mark: (missing) => {
      box.classList.toggle('missing', missing);
      control.setAttribute('aria-invalid', String(missing));
      return missing;
    },
    focus: () => control.focus(),
  });
  return box;
}

/** alone: a field outside a form calls back with each choice. */
async function alone(e, ctx, box, value) {
  if (!(await sure(e))) return;
  typed.delete(slot(ctx, e.name || ''));
  const option = Array.isArray(value) ? value.join(',') : String(value);
  act(ctx, { ...(e.name && { name: e.name }), option }, box);
}

function labelled(e, ...control) {
  const label = e.label && plainOf(e.label);
  return h('div', { class: `field-box ${e.width === 'fill' ? 'fill' : ''} ${e.label_position === 'left' ? 'beside' : ''}`, style: boxStyle(e) },
    label && h('span', { class: 'field-label' }, words(e.label), e.required && h('i', { 'aria-hidden': 'true' }, '*')),
    control, h('small', { class: 'field-missing' }, t('required')));
}

const common = (e) => ({ class: 'field', testid: 'card-field', data: { name: e.name || '' }, disabled: Boolean(e.disabled), 'aria-required': e.required ? 'true' : undefined, 'aria-label': plainOf(e.label) || plainOf(e.placeholder) || e.name });

function input(e, ctx) {
  const props = { ...common(e), placeholder: plainOf(e.placeholder), maxlength: Number(e.max_length) || 1000 };
  const control = e.input_type === 'multiline_text' ? h('textarea', { ...props, rows: String(e.rows || 3) }) : h('input', { ...props, type: e.input_type === 'password' ? 'password' : 'text', autocomplete: 'off' });
  return bind(e, ctx, labelled(e, control), control, { read: () => control.value, write: (v) => { control.value = v; }, initial: plainOf(e.default_value) });
}

const optionsOf = (e) => (e.options || []).map((o) => ({ value: o.value, label: plainOf(o.text) || userName(o.value) || o.value }));
const peopleOf = (e) => (e.options?.length ? optionsOf(e) : world.users.map((u) => ({ value: u.open_id, label: u.name })));

/** choice draws a field of which one option is taken. */
function choice(e, ctx, options) {
  const control = h('select', common(e),
    h('option', { value: '' }, plainOf(e.placeholder) || t('choose')), options.map((o) => h('option', { value: o.value }, o.label)));
  const initial = e.initial_option ?? options[Number(e.initial_index) - 1]?.value ?? '';
  return bind(e, ctx, labelled(e, control), control, { read: () => control.value, write: (v) => { control.value = v; }, initial });
}

/** choices draws a field of which several options are taken; alone it calls back when it is closed. */
function choices(e, ctx, options) {
  const shown = h('span', { class: 'multi-shown' });
  const boxes = options.map((o) => h('input', { type: 'checkbox', value: o.value, disabled: Boolean(e.disabled) }));
  const control = h('summary', { class: 'field' }, shown, icon('down', 14));
  const multi = h('details', { class: 'multi', testid: 'card-field', data: { name: e.name || '' } }, control,
    h('div', { class: 'multi-list', role: 'group', 'aria-label': plainOf(e.placeholder) || e.name }, options.map((o, i) => h('label', {}, boxes[i], o.label))));
  const read = () => boxes.filter((b) => b.checked).map((b) => b.value);
  const show = () => {
    const taken = options.filter((_, i) => boxes[i].checked).map((o) => o.label);
    shown.textContent = taken.join('、') || plainOf(e.placeholder) || t('choose');
    shown.classList.toggle('hollow', !taken.length);
  };
  const write = (values) => {
    boxes.forEach((b) => { b.checked = (values || []).includes(b.value); });
    show();
  };
  multi.addEventListener('input', show);
  const box = labelled(e, multi);
  const start = JSON.stringify(e.selected_values || e.initial_options || []);
  if (!ctx.form) multi.addEventListener('toggle', () => {
    if (!multi.open && JSON.stringify(read()) !== start) box.dispatchEvent(new Event('closed'));
  });
  return bind(e, ctx, box, control, { read, write, initial: JSON.parse(start), watch: 'closed' });
}

/** picker draws a date or time field; on the wire the value carries the client's offset. */
function picker(kind, initialField) {
  return (e, ctx) => {
    const control = h('input', { ...common(e), type: kind, title: plainOf(e.placeholder) });
    const read = () => (control.value ? `${control.value.replace('T', ' ')} ${offset}` : '');
    const write = (v) => { control.value = String(v || '').replace(` ${offset}`, '').replace(' ', kind === 'datetime-local' ? 'T' : ' '); };
    return bind(e, ctx, labelled(e, control), control, { read, write, initial: e[initialField] || '' });
  };
}

function checker(e, ctx) {
  const control = h('input', { ...common(e), class: '', type: 'checkbox' });
  const box = h('label', { class: `checker ${e.overall_checkable === false ? '' : 'whole'}` }, control, h('span', {}, words(e.text)));
  const strike = () => box.classList.toggle('done', control.checked && e.checked_style?.show_strikethrough !== false);
  box.addEventListener('input', strike);
  return bind(e, ctx, box, control, { read: () => control.checked, write: (v) => { control.checked = Boolean(v); strike(); }, initial: Boolean(e.checked) });
}

/** fields are the drawers of everything that can be filled in, by tag. */
export const fields = {
  input,
  checker,
  select_static: (e, ctx) => choice(e, ctx, optionsOf(e)),
  select_person: (e, ctx) => choice(e, ctx, peopleOf(e)),
  multi_select_static: (e, ctx) => choices(e, ctx, optionsOf(e)),
  multi_select_person: (e, ctx) => choices(e, ctx, peopleOf(e)),
  date_picker: picker('date', 'initial_date'),
  picker_time: picker('time', 'initial_time'),
  picker_datetime: picker('datetime-local', 'initial_datetime'),
};
