// The switch for faults: platforms that are down or slow, and callbacks that come twice, late, or not at all.
import * as api from './api.js';
import { h, part } from './dom.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { popover } from './menus.js';
import { emit } from './store.js';
import { failed, toast } from './toast.js';

const paths = { wecom: '/cgi-bin/', feishu: '/open-apis/' };
const down = (platform) => ({ platform, path: paths[platform], times: 0, http_status: 502 });
const slow = (platform) => ({ platform, path: paths[platform], times: 0, delay: '2s' });

const switches = [
  { name: 'wecom', faults: [down('wecom')] },
  { name: 'feishu', faults: [down('feishu')] },
  { name: 'slow', faults: [slow('wecom'), slow('feishu')] },
];

let inForce = []; // what the simulator says is in force, other people's faults included
let disturbed = 0;

const same = (a, b) => a.platform === b.platform && a.path === b.path && (a.http_status || 0) === (b.http_status || 0) && !a.errcode && !a.hang && !a.after_effect && Boolean(a.delay) === Boolean(b.delay);
const isOn = (s) => s.faults.every((f) => inForce.some((x) => same(x, f)));

/** faultsMenu makes the button; its popover holds the switches. */
export function faultsMenu() {
  const words = h('span', {});
  const count = h('span', { class: 'badge-box' });
  const node = h('button', { type: 'button', class: 'tool', testid: 'faults', 'aria-haspopup': 'dialog', onclick: () => show(node) }, icon('bolt', 17), words, count);
  node.update = () => {
    const n = inForce.length + disturbed;
    words.textContent = t('faults');
    node.title = t('faults-hint');
    node.classList.toggle('alarm', n > 0);
    part(count, `${n} ${lang()}`, () => n > 0 && h('span', { class: 'badge', 'aria-label': t('faults-on', { n }) }, String(n)));
  };
  load();
  setInterval(load, 5000);
  return node;
}

/** load asks what is in force: others may set and clear faults, too, and some end by themselves. */
async function load() {
  if (document.hidden) return;
  try {
    const [a, b] = await Promise.all([api.faults.list(), api.callbacks.list()]);
    const next = a.faults || [];
    const held = (b.callbacks || b.disturbances || []).length;
    if (JSON.stringify(next) === JSON.stringify(inForce) && held === disturbed) return;
    inForce = next;
    disturbed = held;
    emit('faults');
  } catch {
    // the banner shows that the line is down
  }
}

function show(anchor) {
  const box = h('div', { class: 'faults-box' });
  const draw = () => box.replaceChildren(...platformFaults(draw), ...callbackFaults(draw));
  draw();
  popover(anchor, box, { role: 'dialog', 'aria-label': t('faults') });
}

function platformFaults(draw) {
  const row = (s) => h('label', { class: 'switch' },
    h('span', {}, h('b', {}, t(`fault-${s.name}`)), h('small', {}, t(`fault-${s.name}-hint`))),
    h('input', { type: 'checkbox', role: 'switch', testid: `fault-${s.name}`, checked: isOn(s), onchange: (e) => turn(s, e.target.checked).then(draw) }));
  return [
    h('h2', {}, t('faults-platforms')),
    ...switches.map(row),
    h('button', { type: 'button', class: 'btn small', testid: 'fault-clear', disabled: !inForce.length, onclick: () => change(() => api.faults.clear()).then(draw) }, t('fault-clear')),
  ];
}

/** turn switches a fault on or off; off means clear all and set the others again, since the interface clears only as a whole. */
function turn(s, wanted) {
  return change(async () => {
    if (wanted) {
      for (const f of s.faults) await api.faults.add(f);
      return;
    }
    const others = inForce.filter((x) => !s.faults.some((f) => same(x, f)));
    await api.faults.clear();
    for (const f of others) await api.faults.add(f);
  });
}

async function change(f) {
  try {
    await f();
  } catch (error) {
    failed(error);
  }
  await load();
}

const modes = ['duplicate', 'drop', 'reorder', 'delay', 'corrupt'];

function callbackFaults(draw) {
  const platform = h('select', { class: 'field', testid: 'callbacks-platform', 'aria-label': t('platform') }, h('option', { value: 'wecom' }, t('wecom')), h('option', { value: 'feishu' }, t('feishu')));
  const mode = h('select', { class: 'field', testid: 'callbacks-mode', 'aria-label': t('mode') }, modes.map((m) => h('option', { value: m }, t(`mode-${m}`))));
  const times = h('input', { class: 'field', type: 'number', min: '0', max: '999', value: '1', testid: 'callbacks-times', 'aria-label': t('times'), title: t('times-hint') });
  const apply = () => change(async () => {
    const asked = { platform: platform.value, mode: mode.value, times: Number(times.value) || 0, ...(mode.value === 'delay' && { delay: '1m' }) };
    await api.callbacks.disturb(asked);
    toast('success', t('callbacks-set', { mode: t(`mode-${asked.mode}`), platform: t(asked.platform) }));
  });
  return [
    h('h2', {}, t('faults-callbacks')),
    h('div', { class: 'callback-row' }, platform, mode, times),
    h('div', { class: 'callback-row' },
      h('button', { type: 'button', class: 'btn small primary', testid: 'callbacks-apply', onclick: apply }, t('callbacks-apply')),
      h('button', { type: 'button', class: 'btn small', testid: 'callbacks-clear', onclick: () => change(() => api.callbacks.clear()).then(draw) }, t('callbacks-clear'))),
  ];
}
