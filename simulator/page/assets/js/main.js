// Puts the parts of the page together.
import { h, part } from './dom.js';
import { mountFeishu } from './feishu.js';
import { mountGuide } from './guide.js';
import { lang, t } from './i18n.js';
import { icon } from './icons.js';
import { start } from './live.js';
import { list, look, on, recallView, userName, view } from './store.js';
import { toast } from './toast.js';
import { mountTopbar } from './topbar.js';
import { follow } from './unread.js';
import { mountWecom } from './wecom.js';

const byId = (id) => document.getElementById(id);

/** tabs choose at phone width which of the three views is shown. */
function mountTabs(box) {
  const tabs = [['wecom', 'bubble'], ['feishu', 'topic'], ['clock', 'clock']];
  const update = () => {
    document.body.dataset.tab = view.tab;
    document.body.classList.toggle('in-topic', Boolean(view.topic));
    box.setAttribute('aria-label', t('views'));
    part(box, `${lang()} ${view.tab}`, () => tabs.map(([name, sign]) =>
      h('button', { type: 'button', testid: `tab-${name}`, 'data-keep': `tab-${name}`, 'aria-current': view.tab === name ? 'page' : undefined, onclick: () => look({ tab: name }) }, icon(sign, 21), t(`tab-${name}`))));
  };
  for (const kind of ['view', 'lang', 'world']) on(kind, update);
  update();
}

/** buzz shows an urgent message to whoever sits at the page, and leads to it. */
function buzz(u) {
  const find = () => [`d:${u.open_id}`, view.chat].map((key) => list(key).byID.get(u.message_id)).find(Boolean);
  const words = (find()?.text || '').replace(/\s+/g, ' ').slice(0, 60);
  toast('buzz', t('buzz', { kind: t(`buzz-${u.kind}`), name: userName(u.open_id), words }), () => look({ tab: 'feishu', user: u.open_id, chat: `d:${u.open_id}` }));
}

const offline = h('div', { class: 'offline-note', role: 'status' }, t('offline'));

function translate() {
  document.title = `${t('desk')} simulator`;
  offline.textContent = t('offline');
}

recallView();
follow();
mountTopbar(byId('tools'));
mountGuide(byId('guide'));
mountWecom(byId('wecom'));
mountFeishu(byId('feishu'));
mountTabs(byId('tabs'));
on('urgent', buzz);
on('lang', translate);
document.body.append(offline);
// For browser tests: the world and its messages are here, and drawn (views draw in the turn after a change).
start().then(() => setTimeout(() => {
  document.body.dataset.ready = 'true';
}));
