// Files from the picker, the clipboard, or dropped on a box, as the control interface wants them.
import { h } from './dom.js';

/** asBase64 gives {data, filename, type} of a file. */
export function asBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(reader.error);
    reader.onload = () => resolve({ data: String(reader.result).split(',')[1] || '', filename: file.name || 'image.png', type: file.type });
    reader.readAsDataURL(file);
  });
}

/** pickFiles makes a hidden file field; its node goes into the page, open() shows the picker. */
export function pickFiles({ accept, multiple, testid, label, take }) {
  const input = h('input', { type: 'file', accept, multiple, testid, hidden: true, 'aria-label': label, tabindex: '-1' });
  input.addEventListener('change', () => {
    take([...input.files]);
    input.value = '';
  });
  return { node: input, open: () => input.click() };
}

/** takeDropped hands files that are pasted into or dropped on box to take. */
export function takeDropped(box, take) {
  box.addEventListener('paste', (e) => {
    const pasted = [...(e.clipboardData?.files || [])];
    if (!pasted.length) return;
    e.preventDefault();
    take(pasted);
  });
  box.addEventListener('dragover', (e) => {
    if (![...e.dataTransfer.types].includes('Files')) return;
    e.preventDefault();
    box.classList.add('dropping');
  });
  box.addEventListener('dragleave', (e) => {
    if (!box.contains(e.relatedTarget)) box.classList.remove('dropping');
  });
  box.addEventListener('drop', (e) => {
    box.classList.remove('dropping');
    if (!e.dataTransfer.files.length) return;
    e.preventDefault();
    take([...e.dataTransfer.files]);
  });
}

/** sendOnEnter makes Enter send and Shift+Enter break the line; an Enter that ends a Chinese input method's word does neither. */
export function sendOnEnter(field, send) {
  const enter = (e) => e.key === 'Enter' && !e.shiftKey && !e.isComposing;
  field.addEventListener('keydown', (e) => {
    if (!enter(e)) return;
    e.preventDefault();
    send();
  });
  field.addEventListener('keypress', (e) => {
    if (enter(e)) e.preventDefault(); // drivers of browsers type the line break even so
  });
}

/** growing lets a text field grow with its words. */
export function growing(field) {
  const fit = () => {
    field.style.height = 'auto';
    field.style.height = `${Math.min(field.scrollHeight, 140)}px`;
  };
  field.addEventListener('input', fit);
  return fit;
}
