// Unread marks: what came from the other side since a list was last looked at, for each reader on his own.
import { list, on, view, world, emit } from './store.js';

const name = 'seen';
let seen = {};
try {
  seen = JSON.parse(sessionStorage.getItem(name) || '{}');
} catch {
  // nothing that can be read: everything counts from now on
}

const slot = (key, reader) => (reader ? `${reader} ${key}` : key);

function mark(key, reader, seq) {
  const s = slot(key, reader);
  if (seen[s] === seq) return;
  seen[s] = seq;
  try {
    sessionStorage.setItem(name, JSON.stringify(seen));
  } catch {
    // storage is switched off: marks last for this page view
  }
}

/** since is the last seq the reader has seen of l; after a restart of the simulator the numbers may be smaller than that. */
function since(l, name) {
  const s = seen[name] ?? l.first ?? 0;
  return s > l.after ? 0 : s;
}

const foreign = {
  w: (m) => m.from !== 'contact',
  c: (m, reader) => m.sender !== reader,
  d: (m, reader) => m.sender !== reader,
};

/** unread counts the messages of a list that the reader has not looked at; reader is '' for a contact's phone. */
export function unread(key, reader) {
  const from = since(list(key), slot(key, reader));
  return list(key).items.filter((m) => m.born > from && !m.recalled && foreign[key[0]](m, reader)).length;
}

/** unreadReplies counts the new replies of one topic. */
export function unreadReplies(key, reader, root) {
  const from = since(list(key), slot(`${key} ${root}`, reader));
  return list(key).items.filter((m) => m.root_id === root && m.born > from && m.sender !== reader && !m.recalled).length;
}

/** looked says that the reader has the list (and the topic, if one is open) before his eyes now. */
export function looked() {
  if (document.hidden) return;
  const wide = matchMedia('(min-width: 981px)').matches;
  if (view.contact && (wide || view.tab === 'wecom')) mark(`w:${view.contact}`, '', list(`w:${view.contact}`).after);
  if (!view.chat || !(wide || view.tab === 'feishu')) return;
  mark(view.chat, view.user, list(view.chat).after);
  if (view.topic) mark(`${view.chat} ${view.topic}`, view.user, list(view.chat).after);
}

/** follow keeps the marks right and tells the views about it. */
export function follow() {
  const update = () => {
    looked();
    emit('unread');
  };
  for (const kind of ['list', 'view', 'world']) on(kind, update);
  document.addEventListener('visibilitychange', update);
}

/** waiting lists the staff members whose direct chat holds something new. */
export const waiting = () => world.users.map((u) => ({ ...u, n: unread(`d:${u.open_id}`, u.open_id) })).filter((u) => u.n > 0);
