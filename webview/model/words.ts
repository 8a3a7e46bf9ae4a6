/** Numbers and tokens as people read them. */
import { count, type ExampleInfo, type Knockout } from '../../src/protocol/panel';

export {
  change,
  count,
  duration,
  knockoutWords,
  parameters,
  percent,
  plural,
  shortDuration,
} from '../../src/protocol/panel';

/** Significant digits that tell two attention weights apart without filling the line. */
const DIGITS = 2;

/** A weight between 0 and 1: `0.031`, `0.00042`. */
export const weight = (w: number): string =>
  !Number.isFinite(w) ? '–' : w === 0 ? '0' : w < 1e-4 ? w.toExponential(1).replace('-', '−') : w.toPrecision(DIGITS);

/** A token so that blanks and line ends can be seen. */
export function tokenText(text: string): string {
  if (text === '') return '∅';
  return text.replace(/ /g, '·').replace(/▁/g, '·').replace(/\n/g, '↵').replace(/\t/g, '⇥');
}

/** `576`, or `722 to 2,928`. */
export const amount = ([least, most]: readonly [number, number]): string =>
  least === most ? count(least) : `${count(least)} to ${count(most)}`;

/** What an image token is. Newline tokens, the class token and marks between tiles have no place on the picture. */
export function imageTokenName(example: ExampleInfo, n: number): string {
  const place = example.geometry.patches[n];
  if (place?.kind === 'newline') return `newline token after row ${place.row + 1} of the tiles`;
  if (place?.kind === 'class') return 'class token of the whole image';
  if (place?.kind === 'mark') return `“${markText(example, n)}”, text between the parts of the image`;
  return `patch ${n}`;
}
/** The same in a word: `▦27`, `▦↵`, `▦cls`; a mark's own text. */
export function imageTokenMark(example: ExampleInfo, n: number): string {
  const kind = example.geometry.patches[n]?.kind;
  if (kind === 'mark') return markText(example, n);
  return kind === 'newline' ? '▦↵' : kind === 'class' ? '▦cls' : `▦${n}`;
}
const markText = ({ imageStart, tokens }: ExampleInfo, n: number): string => tokenText(tokens[imageStart + n].text);

/** `window 3, heads 0 and 2`. @param common the window that is said elsewhere, for all: `heads 0 and 2`, or nothing. */
export function knockoutDetail(k: Knockout, common?: number): string {
  if (k.kind === 'prune') return 'after each layer';
  const window = k.window === common ? [] : [`window ${k.window}`];
  const heads =
    k.kind === 'edge' && k.heads ? [`${k.heads.length === 1 ? 'head' : 'heads'} ${k.heads.join(', ')}`] : [];
  return [...window, ...heads].join(', ');
}

/** Layers a window of size k around layer l covers: first, and the one after the last. */
export const windowSpan = (l: number, k: number, layers: number): [number, number] => [
  Math.max(0, l - Math.floor(k / 2)),
  Math.min(layers, l + Math.ceil(k / 2)),
];

/** `layers 5–7`, `layer 5`. */
export function spanWords([from, to]: readonly [number, number]): string {
  return to - from <= 1 ? `layer ${from}` : `layers ${from}–${to - 1}`;
}
