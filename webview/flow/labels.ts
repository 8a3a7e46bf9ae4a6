/** What stands under the columns of the token-flow graph. Pure. */
import type { ExampleInfo } from '../../src/protocol/panel';
import { imageTokenMark, tokenText } from '../model/words';
import type { FlowGraph } from './edges';
import { widthOf, type FlowFrame } from './frame';

const LONGEST = 12;
/** Labels nearer to each other than this, in CSS pixels, cannot be read. */
const NEAREST = 14;

export function columnLabel(g: FlowGraph, example: ExampleInfo, c: number): string {
  const { position, image } = g.columns[c];
  if (image) return `▦×${example.imageTokens}`;
  if (position >= example.imageStart && position < example.imageStart + example.imageTokens)
    return imageTokenMark(example, position - example.imageStart);
  const text = tokenText(example.tokens[position].text);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Columns that have a label: every token's, and of narrow patches so many as have room. */
export function labelled(f: FlowFrame): number[] {
  const out: number[] = [];
  let last = -Infinity;
  for (let c = 0; c < f.starts.length - 1; c++) {
    const narrow = widthOf(f, c) < NEAREST;
    const next = c + 1 < f.starts.length - 1 && widthOf(f, c + 1) >= NEAREST;
    if (narrow && (f.starts[c] - last < 2 * NEAREST || next)) continue;
    out.push(c);
    last = f.starts[c];
  }
  return out;
}
