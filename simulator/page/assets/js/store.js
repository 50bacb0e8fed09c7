// What the page knows of the simulated world, and what the reader looks at. Views listen with on(); nothing here touches the page.
import * as api from './api.js';

const bus = new EventTarget();

/** on calls f for every change of a kind: world, list (detail: its key), view, clock, urgent. */
export const on = (kind, f) => bus.addEventListener(kind, (e) => f(e.detail));
export const emit = (kind, detail) => bus.dispatchEvent(new CustomEvent(kind, { detail }));

export const world = { contacts: [], users: [], chats: [], now: '', virtual: null, deskURL: '' };

/** view is what the reader looks at: a contact, a staff member, a list of his ('c:…' or 'd:…'), a topic's root, a tab at phone width; picked: the chat was chosen by hand. */
export const view = { contact: '', user: '', chat: '', topic: '', tab: 'wecom', picked: false };

const lists = new Map();

/** list gives the messages of a key in the order in which they were sent; topic replies stand among them. */
export function list(key) {
  if (!lists.has(key)) lists.set(key, { key, items: [], byID: new Map(), after: 0, first: null, reading: null, again: false });
  return lists.get(key);
}

const idOf = (m) => m.message_id || m.msgid || `seq-${m.seq}`;

/**
 * merge takes in what a list call answered: changed messages in place, new ones at the end; it tells whether anything is different. A
 * message's version grows with each real change, its bodyVersion when it says something else (reactions do not), born is the seq with which it
 * first came.
 */
function merge(l, messages) {
  let different = false;
  for (const m of messages) {
    const id = idOf(m);
    const raw = JSON.stringify(m);
    l.after = Math.max(l.after, m.seq || 0);
    const known = l.byID.get(id);
    if (known?.raw === raw) continue;
    different = true;
    const body = JSON.stringify([m.msg_type, m.content, m.card, m.text, m.recalled]);
    const version = (known?.version || 0) + 1;
    const bodyVersion = (known?.bodyVersion || 0) + (known?.body === body ? 0 : 1);
    if (known) {
      Object.assign(known, m, { raw, version, body, bodyVersion });
    } else {
      l.byID.set(id, { ...m, id, raw, version, body, bodyVersion, born: m.seq || 0 });
      l.items.push(l.byID.get(id));
    }
  }
  return different;
}

/** pull brings a list up to date; calls while one is under way become one more afterwards. */
export function pull(key) {
  const l = list(key);
  if (l.reading) {
    l.again = true;
    return l.reading;
  }
  l.reading = read(l).finally(() => {
    l.reading = null;
  });
  return l.reading;
}

async function read(l) {
  do {
    l.again = false;
    const answer = await api.messages(l.key, l.after);
    const different = merge(l, answer.messages || []);
    l.after = Math.max(l.after, answer.seq || 0); // beyond the messages' own: changes have numbers, too
    const opening = l.first === null;
    if (opening) l.first = l.after; // what stood there when the page opened is no news
    if (different || opening) emit('list', l.key);
  } while (l.again);
}

/** forget drops what was read, so that everything is fetched anew (the simulator may be another one now). */
export function forget() {
  for (const l of lists.values()) Object.assign(l, { items: [], byID: new Map(), after: 0, first: null });
}

export async function loadWorld() {
  const s = await api.state();
  Object.assign(world, { contacts: s.contacts || [], users: s.users || [], chats: s.chats || [], now: s.now || world.now });
  world.deskURL = s.desk_url || world.deskURL;
  world.virtual = s.virtual ?? world.virtual;
  const has = (of, field, value) => of.some((x) => x[field] === value);
  if (!has(world.contacts, 'id', view.contact)) view.contact = world.contacts[0]?.id || '';
  if (!has(world.users, 'open_id', view.user)) view.user = world.users[0]?.open_id || '';
  if (!view.picked || !chatsOf(view.user).some((c) => c.key === view.chat)) view.chat = chatsOf(view.user)[0]?.key || ''; // the desk's group comes after the page
  emit('world');
}

export async function loadClock() {
  const answer = await api.clock();
  Object.assign(world, { now: answer.now, virtual: answer.virtual ?? world.virtual });
  emit('clock');
}

/** chatsOf lists what a staff member sees in Feishu: his groups, then the direct chat with the desk. */
export function chatsOf(user) {
  const groups = world.chats.filter((c) => c.mode !== 'p2p' && (c.members || []).includes(user));
  return [...groups.map((c) => ({ key: `c:${c.chat_id}`, name: c.name, members: c.members.length })), { key: `d:${user}`, name: '', direct: true }];
}

export const contactName = (id) => world.contacts.find((c) => c.id === id)?.name || id;
export const userName = (id) => world.users.find((u) => u.open_id === id)?.name || '';

/** look changes what the reader looks at and remembers it for a reload of this tab. */
export function look(change) {
  if (change.user && change.user !== view.user && !change.chat) {
    const stays = view.chat.startsWith('c:') && chatsOf(change.user).some((c) => c.key === view.chat);
    if (!stays) Object.assign(view, { chat: chatsOf(change.user)[0].key, topic: '' });
  }
  if (change.chat || change.topic) view.picked = true;
  if (change.chat && change.chat !== view.chat && change.topic === undefined) view.topic = '';
  Object.assign(view, change);
  try {
    sessionStorage.setItem('view', JSON.stringify(view));
  } catch {
    // storage is switched off: a reload starts at the beginning
  }
  emit('view');
}

export function recallView() {
  try {
    Object.assign(view, JSON.parse(sessionStorage.getItem('view') || '{}'));
  } catch {
    // nothing that can be read: start at the beginning
  }
}
