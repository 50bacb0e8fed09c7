// The bar above: the clock and its forward buttons, faults, language, theme, the way to the desk's health.
import * as api from './api.js';
import { h, once, part } from './dom.js';
import { faultsMenu } from './faults.js';
import { fullDay, hourMinute, hourMinuteSecond } from './format.js';
import { lang, setLang, t } from './i18n.js';
import { icon } from './icons.js';
import { refresh } from './live.js';
import { emit, on, world } from './store.js';
import { failed, toast } from './toast.js';

const steps = [['10m', '10m'], ['1h', '1h'], ['4h', '4h'], ['24h', '24h'], ['72h', '72h']];

let heard = 0; // the browser's time when the simulator's clock was last told

/** mountTopbar fills the bar's tools. */
export function mountTopbar(box) {
  const clock = clockFace();
  const forward = forwardButtons();
  const faults = faultsMenu();
  const side = h('div', { class: 'side-tools' });
  box.append(clock, forward, faults, side);
  const update = once(() => {
    box.setAttribute('aria-label', t('tools'));
    clock.update();
    forward.update();
    faults.update();
    part(side, `${lang()} ${world.deskURL} ${dark()}`, sideTools);
  });
  for (const kind of ['world', 'clock', 'lang', 'theme', 'faults']) on(kind, update);
  on('clock', () => {
    heard = Date.now();
  });
  setInterval(() => {
    if (world.virtual === false) clock.update();
  }, 1000);
  update();
}

/** now is the simulator's time; a real clock goes on between two answers, a virtual one stands still. */
function now() {
  if (world.virtual !== false || !heard) return world.now;
  return new Date(new Date(world.now).getTime() + Date.now() - heard).toISOString();
}

function clockFace() {
  const day = h('span', { class: 'clock-day' });
  const time = h('span', { class: 'clock-time' });
  const kind = h('span', { class: 'clock-kind' });
  const node = h('div', { class: 'clock', testid: 'clock', role: 'timer', 'aria-live': 'off' }, icon('clock', 20), h('span', { class: 'clock-words' }, time, day), kind);
  node.update = () => {
    const at = now();
    day.textContent = fullDay(at);
    time.textContent = world.virtual ? hourMinute(at) : hourMinuteSecond(at);
    kind.textContent = world.virtual === null ? '' : t(world.virtual ? 'clock-virtual' : 'clock-real');
    kind.dataset.kind = world.virtual ? 'virtual' : 'real';
    node.title = t(world.virtual ? 'clock-virtual-hint' : 'clock-real-hint');
    node.dataset.now = at;
  };
  return node;
}

let moving = '';

function forwardButtons() {
  const buttons = steps.map(([name, duration]) => h('button', { type: 'button', class: 'step', testid: `forward-${name}`, onclick: () => forward(duration, () => node.update()) }));
  const hint = h('span', { class: 'sr-only', id: 'forward-hint' });
  const node = h('div', { class: 'forward', role: 'group' }, buttons, hint);
  node.update = () => {
    const stands = world.virtual === true;
    node.setAttribute('aria-label', t('forward'));
    node.title = stands ? '' : t('forward-disabled');
    hint.textContent = stands ? '' : t('forward-disabled');
    buttons.forEach((b, i) => {
      const [name, duration] = steps[i];
      b.textContent = t(`forward-${name}`);
      b.setAttribute('aria-disabled', String(!stands || moving !== ''));
      b.setAttribute('aria-describedby', 'forward-hint');
      b.classList.toggle('busy', moving === duration);
    });
  };
  return node;
}

/** forward moves both clocks; the call answers when everything that fell due on the way is done. */
async function forward(duration, redraw) {
  if (moving) return;
  if (!world.virtual) return toast('info', t('forward-disabled'));
  moving = duration;
  redraw();
  try {
    await api.advance(duration);
    await refresh();
  } catch (error) {
    failed(error);
  }
  moving = '';
  redraw();
}

const dark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
};

function sideTools() {
  const theme = t(dark() ? 'theme-light' : 'theme-dark');
  return [
    h('button', { type: 'button', class: 'icon-btn', testid: 'guide-open', title: t('guide-open'), 'aria-label': t('guide-open'), onclick: () => emit('guide-open') }, icon('guide')),
    h('button', { type: 'button', class: 'icon-btn', testid: 'theme', title: theme, 'aria-label': theme, onclick: turnTheme }, icon(dark() ? 'sun' : 'moon')),
    h('button', { type: 'button', class: 'lang', testid: 'lang', title: t('lang-hint'), 'aria-label': t('lang-hint'), onclick: turnLang }, lang() === 'zh' ? 'English' : '中文'),
    world.deskURL && h('a', { class: 'health', testid: 'health', href: `${world.deskURL}/readyz`, target: '_blank', rel: 'noopener', title: t('health-hint') }, icon('heart', 16), t('health')),
  ];
}

function turnTheme() {
  const next = dark() ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem('theme', next);
  } catch {
    // storage is switched off: the choice lasts for this page view
  }
  emit('theme');
}

function turnLang() {
  setLang(lang() === 'zh' ? 'en' : 'zh');
  emit('lang');
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => emit('theme'));
