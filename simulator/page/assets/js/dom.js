// Building and updating the page. Whatever is not a node becomes text: words of people can never turn into markup.

const properties = new Set(['value', 'checked', 'disabled', 'hidden', 'selected', 'open', 'multiple', 'indeterminate', 'scrollTop']);

/** h builds an element: props are attributes, on… handlers, class, data, style, testid; children are nodes, strings, or lists of them. */
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) setProp(el, name, value);
  append(el, children);
  return el;
}

function setProp(el, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
  else if (name === 'class') el.className = value;
  else if (name === 'testid') el.dataset.testid = value;
  else if (name === 'data') Object.assign(el.dataset, value);
  else if (name === 'style') for (const [k, v] of Object.entries(value)) el.style.setProperty(k, v);
  else if (properties.has(name)) el[name] = value;
  else el.setAttribute(name, value === true ? '' : value);
}

export function append(el, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === '') continue;
    el.append(child instanceof Node ? child : String(child));
  }
  return el;
}

const svgSpace = 'http://www.w3.org/2000/svg';

/** svg builds a drawing's element. */
export function svg(tag, attributes, ...children) {
  const el = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes || {})) el.setAttribute(name, value);
  return append(el, children);
}

/**
 * rows keeps parent's children equal to items. create(item) gives a node; node.update(item), where there is one, is called for every
 * item on every pass. Nodes are kept by key, so focus, scroll places and half-filled fields survive.
 */
export function rows(parent, items, keyOf, create) {
  const known = parent.rowsByKey || (parent.rowsByKey = new Map());
  const wanted = new Set();
  let cursor = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    wanted.add(key);
    let node = known.get(key);
    if (!node) known.set(key, (node = create(item)));
    if (node.update) node.update(item);
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
  for (const [key, node] of known) {
    if (wanted.has(key)) continue;
    known.delete(key);
    node.remove();
  }
}

/** part is a box that is filled anew only when its version changes; the focused field (by data-keep) stays focused. */
export function part(box, version, fill) {
  if (box.version === version) return;
  box.version = version;
  const focused = box.contains(document.activeElement) ? document.activeElement : null;
  const keep = focused?.dataset.keep;
  const range = keep && 'selectionStart' in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  box.replaceChildren(...[fill()].flat(Infinity).filter(Boolean));
  if (!keep) return;
  const again = box.querySelector(`[data-keep="${CSS.escape(keep)}"]`);
  again?.focus();
  if (again && range && range[0] !== null) again.setSelectionRange(...range);
}

const atEnd = (scroller) => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;

/** stick scrolls a list to its end if it stood there before change, and leaves it alone if the reader had scrolled up. */
export function stick(scroller, change) {
  const follow = atEnd(scroller);
  change();
  if (follow) scroller.scrollTop = scroller.scrollHeight;
}

/** settle keeps a list's end in view while pictures load and the box changes its size. */
export function settle(scroller) {
  let follow = true;
  const end = () => {
    if (follow) scroller.scrollTop = scroller.scrollHeight;
  };
  scroller.addEventListener('scroll', () => {
    follow = atEnd(scroller);
  });
  scroller.addEventListener('load', end, true);
  new ResizeObserver(end).observe(scroller);
  return scroller;
}

/** once collects calls of one turn into a single one; timers, not frames, because a hidden page draws no frames. */
export function once(f) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      f();
    });
  };
}
