// First steps: the story from a customer's words to his rating, ticked off as it happens. What is done is read from the messages.
import { replies, threaded } from './chat.js';
import { parsed } from './content.js';
import { h, once, part } from './dom.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { emit, list, look, on, userName, view, world } from './store.js';

const hiddenKey = 'guide-hidden';
let hidden = false;
try {
  hidden = localStorage.getItem(hiddenKey) === 'yes';
} catch {
  // storage is switched off: shown again at each visit
}

/** mountGuide fills the strip. */
export function mountGuide(box) {
  const update = once(() => {
    box.hidden = hidden;
    if (hidden) return;
    box.setAttribute('aria-label', t('guide'));
    const done = progress();
    const next = done.findIndex((d) => !d);
    part(box, `${lang()} ${done.join()}`, () => strip(done, next));
  });
  for (const kind of ['list', 'world', 'lang']) on(kind, update);
  on('guide-open', () => {
    hide(!hidden);
    update();
  });
  update();
}

function hide(yes) {
  hidden = yes;
  try {
    localStorage.setItem(hiddenKey, yes ? 'yes' : 'no');
  } catch {
    // storage is switched off: lasts for this page view
  }
}

function strip(done, next) {
  const finished = next < 0;
  const step = (go, i) => h('li', { class: `${done[i] ? 'done' : ''} ${i === next ? 'next' : ''}` },
    h('button', { type: 'button', class: 'guide-step', testid: 'guide-step', data: { step: String(i + 1), done: String(done[i]) }, 'aria-current': i === next ? 'step' : undefined, title: t('guide-go'), onclick: go },
      h('span', { class: 'guide-mark' }, done[i] ? icon('check', 14) : String(i + 1)),
      h('span', { class: 'guide-words' }, h('b', {}, t(`guide-${i + 1}`)), h('small', {}, t(`guide-${i + 1}-how`)))));
  return [
    h('ol', {}, steps.map(step)),
    finished && h('span', { class: 'guide-done' }, t('guide-done')),
    h('button', { type: 'button', class: 'icon-btn guide-close', testid: 'guide-close', title: t('guide-close'), 'aria-label': t('guide-close'), onclick: () => {
      hide(true);
      emit('list', '');
    } }, icon('close', 16)),
  ];
}

const hero = () => world.contacts.find((c) => c.name === '李工') || world.contacts[0];
const engineer = () => world.users.find((u) => u.name === '张伟') || world.users[0];
const group = () => world.chats.find((c) => c.mode !== 'p2p');
const groupKey = () => (group() ? `c:${group().chat_id}` : '');

const takes = ['接单', 'Take', 'Claim', 'Accept'];
const solved = ['已解决', 'Solved', 'Resolved'];

const offers = (m, labels) => (m.buttons || []).some((b) => labels.some((l) => b.includes(l)));

/** taken: a card that was edited since and shows a later state by its colour (blue is new), or offers to take it no longer. */
function taken(m) {
  if (!m.updated || !m.buttons?.length) return false;
  return ['orange', 'grey', 'green'].includes(parsed(m.card ?? m.content).header?.template) || !offers(m, takes);
}
const cards = () => (groupKey() ? list(groupKey()).items.filter((m) => m.msg_type === 'interactive' && !threaded(m, groupKey())) : []);
const phones = () => world.contacts.map((c) => list(`w:${c.id}`).items);

/** progress tells for each of the five steps whether it has been seen; a later step implies the earlier ones. */
function progress() {
  const said = phones();
  const key = groupKey();
  const asked = (m) => m.from === 'desk' && m.msgtype === 'msgmenu' && JSON.stringify(m.menu || '').includes(solved[0]);
  const seen = [
    said.some((items) => items.some((m) => m.from === 'contact' && m.msgtype === 'text')),
    cards().some(taken),
    cards().some((c) => replies(key, c.id).some((m) => userName(m.sender) && (m.reactions || []).includes('CheckMark'))),
    said.some((items) => items.some(asked)),
    said.some((items) => rated(items)),
  ];
  return seen.map((_, i) => seen.slice(i).some(Boolean));
}

/** rated: the contact has said 已解决 and then a figure. */
function rated(items) {
  const yes = items.findIndex((m) => m.from === 'contact' && solved.includes((m.text || '').trim()));
  return yes >= 0 && items.slice(yes + 1).some((m) => m.from === 'contact' && /^[1-5](\D|$)/.test(m.text || ''));
}

const newestCard = () => cards()[cards().length - 1];

function toPhone(words) {
  look({ tab: 'wecom', contact: hero()?.id || view.contact });
  if (words) emit('suggest-wecom', words);
  else document.querySelector('[data-testid="wecom-input"]').focus();
}

function toCard(topic) {
  const card = newestCard();
  look({ tab: 'feishu', user: engineer()?.open_id || view.user, ...(groupKey() && { chat: groupKey(), topic: topic && card ? card.id : '' }) });
  if (!card) return;
  const place = topic ? 'topic-panel' : 'message-list';
  setTimeout(() => point(document.querySelector(`[data-testid="${place}"] [data-id="${CSS.escape(card.id)}"]`)), 60);
}

/** point scrolls to a message and lets it flash. */
function point(node) {
  if (!node) return;
  node.scrollIntoView({ block: 'center', behavior: 'smooth' });
  node.classList.add('flash');
  setTimeout(() => node.classList.remove('flash'), 1800);
}

const steps = [
  () => toPhone('库存查询页面打不开，一直转圈'),
  () => toCard(false),
  () => {
    toCard(true);
    if (newestCard()) setTimeout(() => emit('suggest-topic', { text: t('guide-reply'), bot: true }), 80);
  },
  () => toCard(true),
  () => toPhone(''),
];
