// The control interface (contract: Simulator). Every call answers JSON or throws an ApiError that says what the server said.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, 'offline');
  }
  const text = await response.text();
  let answer = {};
  try {
    answer = text ? JSON.parse(text) : {};
  } catch {
    answer = { error: text.slice(0, 200) };
  }
  if (!response.ok) throw new ApiError(response.status, answer.error || `HTTP ${response.status}`);
  return answer;
}

export const get = (path) => call('GET', path);
export const post = (path, body = {}) => call('POST', path, body);
export const del = (path) => call('DELETE', path);

const id = encodeURIComponent;

export const state = () => get('/control/state');
export const clock = () => get('/control/clock');
export const advance = (duration) => post('/control/clock', { advance: duration });
export const urgents = () => get('/control/feishu/urgents');

/** messages of a list: w:contact, c:chat, or d:open_id (that user's direct chat with the bot). */
export function messages(key, after) {
  const name = id(key.slice(2));
  const path = { w: `/control/wecom/contacts/${name}`, c: `/control/feishu/chats/${name}`, d: `/control/feishu/users/${name}` }[key[0]];
  return get(`${path}/messages?after=${after}`);
}

export const wecom = {
  addContact: (name) => post('/control/wecom/contacts', { name }),
  enter: (contact) => post(`/control/wecom/contacts/${id(contact)}/enter`),
  say: (contact, message) => post(`/control/wecom/contacts/${id(contact)}/messages`, message),
  recall: (contact, msgid) => post(`/control/wecom/contacts/${id(contact)}/recall`, { msgid }),
  media: (mediaID) => `/control/wecom/media/${id(mediaID)}`,
};

export const feishu = {
  say: (user, message) => post(`/control/feishu/users/${id(user)}/messages`, message),
  act: (user, action) => post(`/control/feishu/users/${id(user)}/actions`, action),
  react: (user, reaction) => post(`/control/feishu/users/${id(user)}/reactions`, reaction),
  recall: (user, message) => post(`/control/feishu/messages/${id(message)}/recall`, { open_id: user }),
  read: (user, message) => post(`/control/feishu/messages/${id(message)}/read`, { open_id: user }),
  resource: (key) => `/control/feishu/resources/${id(key)}`,
};

export const faults = {
  list: () => get('/control/faults'),
  add: (fault) => post('/control/faults', fault),
  clear: () => del('/control/faults'),
};

export const callbacks = {
  list: () => get('/control/callbacks'),
  disturb: (disturbance) => post('/control/callbacks', disturbance),
  clear: () => del('/control/callbacks'),
};
