// Drawings, so that the page looks the same on machines without colour emoji fonts.
import { h, svg } from './dom.js';

const strokes = {
  send: 'M4 12 20 4l-5 16-3.5-6.5L4 12Zm7.5 1.5L20 4',
  image: 'M4 5h16v14H4zM4 16l4.5-4.5 4 4L16 12l4 4M9 9h.01',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  back: 'M15 5l-7 7 7 7',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  smile: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm-4 11c1 1.6 2.4 2.4 4 2.4s3-.8 4-2.4M9 9.5h.01M15 9.5h.01',
  topic: 'M5 5h14v10H11l-4 4v-4H5z',
  sun: 'M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  bolt: 'M13 3 5 14h6l-1 7 8-11h-6l1-7Z',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4.5V12l3 2',
  heart: 'M3 12h4l2.5-6 4 12 2.5-6h5',
  guide: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm3.2 5.8-1.6 4.8-4.8 1.6 1.6-4.8 4.8-1.6Z',
  down: 'M6 9l6 6 6-6',
  check: 'M5 12.5 10 17l9-10',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  play: 'M8 5v14l11-7z',
  place: 'M12 21s7-6.5 7-11.5A7 7 0 0 0 5 9.5C5 14.5 12 21 12 21Zm0-9.5h.01',
  link: 'M10 14l4-4M8.5 11.5 6 14a3.5 3.5 0 0 0 5 5l2.5-2.5M15.500 12.5 18 10a3.500 3.500 0 0 0-5-5l-2.500 2.500',
  enter: 'M14 4h5v16h-5M4 12h10M10 8l4 4-4 4',
  undo: 'M9 7 4.500 11.500 9 16M5 11.500h9a5 5 0 0 1 0 10h-2',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  bubble: 'M4 5h16v11H12l-5 4v-4H4z',
  doc: 'M5 4h14v16H5zM8 9h8M8 13h8M8 17h5',
};

/** icon is a line drawing in the text's colour. */
export function icon(name, size = 18) {
  return svg('svg', { viewBox: '0 0 24 24', width: size, height: size, class: 'icon', 'aria-hidden': 'true' }, svg('path', { d: strokes[name] || strokes.more }));
}

const disc = (colour) => svg('circle', { cx: 12, cy: 12, r: 10, fill: colour });
const line = (d, colour = '#fff', width = 2.6) => svg('path', { d, fill: 'none', stroke: colour, 'stroke-width': width, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' });

const glyphs = {
  CheckMark: () => [svg('rect', { x: 2, y: 2, width: 20, height: 20, rx: 5, fill: '#34c724' }), line('M7 12.500 10.500 16 17 8.500')],
  CrossMark: () => [line('M6 6l12 12M18 6 6 18', '#f54a45', 4.500)],
  Alarm: () => [line('M4.500 6.500 7.500 4M19.500 6.500 16.500 4', '#f54a45', 2.800), svg('circle', { cx: 12, cy: 13, r: 8.500, fill: '#f54a45' }), svg('circle', { cx: 12, cy: 13, r: 6, fill: '#fff' }), line('M12 9.500V13l2.500 1.500', '#1f2329', 1.800)],
  THUMBSUP: () => [svg('path', { d: 'M8 10.500 11.500 3c1.800 0 2.800 1.300 2.500 3l-.5 3h5c1.300 0 2.200 1.200 1.900 2.500l-1.400 6.500c-.3 1.200-1.200 2-2.400 2H8z', fill: '#ffc60a' }), svg('rect', { x: 3.500, y: 10.500, width: 3.500, height: 9.500, rx: 1, fill: '#f0a000' })],
  SMILE: () => [disc('#ffc60a'), line('M8 14c1 1.500 2.300 2.200 4 2.200s3-.7 4-2.200M9 9.500h.01M15 9.500h.01', '#5c4000', 2)],
  HEART: () => [svg('path', { d: 'M12 20.500C4 15 2.500 11 3.500 8 4.500 5 9 4 12 7.500 15 4 19.500 5 20.500 8c1 3-.5 7-8.500 12.500Z', fill: '#f54a45' })],
};

const pills = { DONE: ['DONE', '#34c724'], OnIt: ['On it', '#3370ff'], OK: ['OK', '#ff8800'], LGTM: ['LGTM', '#34c724'], EYES: ['👀', 'transparent'] };

/** emoji draws a Feishu reaction by its emoji_type; one that has no drawing shows its name. */
export function emoji(type) {
  const glyph = glyphs[type];
  if (glyph) return svg('svg', { viewBox: '0 0 24 24', width: 17, height: 17, class: 'emoji', role: 'img', 'aria-label': type }, glyph());
  const [label, colour] = pills[type] || [type, '#8f959e'];
  return h('span', { class: 'emoji-pill', 'aria-label': type, style: { '--pill': colour } }, label);
}

export const knownEmoji = new Set([...Object.keys(glyphs), ...Object.keys(pills)]);

/** offered are the reactions of the picker: the desk's verbs and echoes first. */
export const offered = ['CheckMark', 'OnIt', 'DONE', 'Alarm', 'THUMBSUP', 'CrossMark'];
