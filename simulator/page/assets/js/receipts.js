// Reading: Feishu reports what a person has read in his direct chat with the bot, and whether he has looked at a buzz.
import * as api from './api.js';
import { list, on, view } from './store.js';

const buzzed = new Map(); // message id -> open ids whose look at it is still owed
const reported = new Set();
const atMost = 20; // newest messages; nobody reads a hundred at a glance

on('urgent', (u) => {
  if (!u.read) buzzed.set(u.message_id, [...(buzzed.get(u.message_id) || []), u.open_id]);
});

/** readBy reports what the reader has before his eyes. */
export function readBy() {
  if (document.hidden || !view.chat) return;
  const l = list(view.chat);
  const direct = view.chat.startsWith('d:');
  const fresh = direct ? l.items.filter((m) => m.sender !== view.user && m.born > (l.first ?? 0)).slice(-atMost) : [];
  const buzzes = l.items.filter((m) => buzzed.get(m.id)?.includes(view.user));
  for (const m of new Set([...fresh, ...buzzes])) report(view.user, m.id);
}

function report(user, message) {
  const key = `${user} ${message}`;
  if (reported.has(key)) return;
  reported.add(key);
  api.feishu.read(user, message).catch(() => reported.delete(key)); // asked again at the next look
}

