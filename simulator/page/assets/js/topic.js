// An open topic beside the chat: its root, the replies, and a composer whose words are internal unless the desk is mentioned.
import { replies } from './chat.js';
import { composer } from './composer.js';
import { h, once, part, rows, settle, stick } from './dom.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { messageRow } from './message.js';
import { list, look, on, view } from './store.js';

/** mountTopic fills the panel. */
export function mountTopic(panel) {
  const title = h('b', {});
  const close = h('button', { type: 'button', class: 'icon-btn', testid: 'topic-close', onclick: leave }, icon('close', 18));
  const log = settle(h('div', { class: 'topic-log', role: 'log', 'aria-live': 'polite', tabindex: '0' }));
  const write = composer({ scope: 'topic', target: () => ({ chat: view.chat, root: view.topic }) });
  panel.append(h('header', { class: 'fs-head' }, h('span', { class: 'topic-mark' }, icon('topic', 16)), title, close), log, write);
  panel.addEventListener('keydown', (e) => {
    if (e.key === 'Escape' && !e.defaultPrevented) leave();
  });
  const update = once(() => {
    const root = view.topic && list(view.chat).byID.get(view.topic);
    panel.hidden = !root;
    if (!root) return;
    title.textContent = t('topic');
    panel.setAttribute('aria-label', t('topic'));
    close.setAttribute('aria-label', t('close'));
    close.title = t('close');
    draw(log, root);
    write.update();
  });
  for (const kind of ['world', 'list', 'view', 'clock', 'lang']) on(kind, update);
}

function leave() {
  const root = view.topic;
  look({ topic: '' });
  document.querySelector(`[data-testid="message-list"] [data-id="${CSS.escape(root)}"] [data-testid="topic-open"]`)?.focus();
}

function draw(log, root) {
  const key = view.chat;
  const said = replies(key, root.id);
  const lines = [{ ...root, key: `${key} ${root.id}`, replies: [] }, { key: `count ${root.id}`, n: said.length }, ...said.map((m) => ({ ...m, key: `${key} ${m.id}`, replies: [] }))];
  const change = () => rows(log, lines, (m) => m.key, (m) => (m.id ? messageRow(key, 'topic') : counter()));
  const whose = `${view.user} ${key} ${root.id}`;
  if (log.whose === whose) return stick(log, change);
  log.whose = whose;
  change();
  log.scrollTop = said.length ? log.scrollHeight : 0;
}

function counter() {
  const node = h('div', { class: 'topic-count' });
  node.update = (m) => part(node, `${m.n} ${lang()}`, () => h('span', {}, m.n ? t('replies', { n: m.n }) : t('no-replies')));
  return node;
}
