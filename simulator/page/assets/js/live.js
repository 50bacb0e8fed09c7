// Follows the simulator: events name what changed, and only that is fetched. Without events everything is asked for every 3 seconds.
import * as api from './api.js';
import { emit, forget, loadClock, loadWorld, pull, view, world } from './store.js';

const pollEvery = 3000;
const retryEvents = 10000;
const eagerContacts = 12; // a test may make hundreds; the rest is fetched when something happens there

let connected = false;
let seenUrgents = null;

const quiet = (promise) => promise.catch(() => {}); // the next event or poll asks again; the banner shows that the line is down

/** single makes calls that come while one is under way into one more afterwards. */
function single(f) {
  let running = null;
  let again = false;
  const run = async () => {
    do {
      again = false;
      await quiet(f());
    } while (again);
    running = null;
  };
  return () => {
    again = true;
    running ||= run();
    return running;
  };
}

const freshWorld = single(loadWorld);
const freshClock = single(loadClock);
const freshUrgents = single(loadUrgents);

/** start loads everything once and then follows. */
export async function start() {
  await refresh();
  listen();
  setInterval(() => {
    if (!connected && !document.hidden) refresh();
  }, pollEvery);
}

/** refresh asks for everything that is on show somewhere. */
export const refresh = single(async () => {
  try {
    await loadWorld();
    online(true);
  } catch {
    return online(false);
  }
  return Promise.all([freshClock(), freshUrgents(), ...eagerLists().map((key) => quiet(pull(key)))]);
});

function online(up) {
  document.body.classList.toggle('offline', !up);
}

function eagerLists() {
  const contacts = world.contacts.slice(0, eagerContacts).map((c) => c.id);
  const keys = new Set([...contacts, view.contact].filter(Boolean).map((id) => `w:${id}`));
  for (const c of world.chats) if (c.mode !== 'p2p') keys.add(`c:${c.chat_id}`);
  for (const u of world.users) keys.add(`d:${u.open_id}`);
  return [...keys];
}

let events = null;
let broken = false;

/** listen follows the events while the page is seen: a browser has six connections for one address, and hidden tabs would hold them all. */
function listen() {
  if (document.hidden || events) return;
  events = new EventSource('/control/events');
  events.onopen = () => {
    connected = true;
    if (broken) forget(); // numbers may have begun anew behind a restart
    broken = false;
    refresh();
  };
  events.onerror = () => {
    connected = false;
    broken = true;
    if (events.readyState !== EventSource.CLOSED) return; // it tries again by itself
    events = null;
    setTimeout(listen, retryEvents);
  };
  events.onmessage = (e) => {
    try {
      happened(JSON.parse(e.data));
    } catch {
      // an event of a later version: the list calls will tell
    }
  };
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) return listen();
  events?.close();
  events = null;
  connected = false;
});

function happened({ kind, id }) {
  if (kind === 'clock') return freshClock();
  if (kind === 'urgent') return freshUrgents();
  if (kind === 'wecom') return changed(() => world.contacts.some((c) => c.id === id) && `w:${id}`);
  if (kind !== 'feishu') return freshWorld();
  freshUrgents();
  return changed(() => feishuKey(id));
}

/** feishuKey is the list of a chat: a group, or somebody's direct chat with the bot; undefined when the page does not know it yet. */
function feishuKey(id) {
  if (world.users.some((u) => u.open_id === id)) return `d:${id}`;
  const chat = world.chats.find((c) => c.chat_id === id);
  if (!chat) return undefined;
  return chat.mode === 'p2p' ? `d:${chat.members[0]}` : `c:${id}`;
}

/** changed fetches the list that find names; one that is new to the page is looked for in a fresh world, then everywhere. */
async function changed(find) {
  if (!find()) await freshWorld();
  const key = find();
  if (key) return quiet(pull(key));
  return Promise.all(world.users.map((u) => quiet(pull(`d:${u.open_id}`))));
}

async function loadUrgents() {
  const all = (await api.urgents()).urgents || [];
  const keyOf = (u) => [u.message_id, u.open_id, u.kind, u.time].join(' ');
  const fresh = seenUrgents ? all.filter((u) => !seenUrgents.has(keyOf(u))) : [];
  seenUrgents = new Set(all.map(keyOf));
  for (const u of fresh) emit('urgent', u);
}
