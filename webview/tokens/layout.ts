/** The strip's chips and where they stand. Pure; widths come from a measurer. */
import type { ExampleInfo } from '../../src/protocol/panel';
import { imageTokenMark, tokenText } from '../model/words';

/** A token, or all image tokens as one. */
export interface Chip {
  readonly kind: 'token' | 'image';
  /** Position of the token; for the image chip of its first one. */
  readonly position: number;
  readonly text: string;
}
export interface PlacedChip extends Chip {
  readonly index: number;
  readonly x: number;
  readonly width: number;
}
export type ChipLine = readonly PlacedChip[];

/** Blank between chips and inside them, in CSS pixels. */
const GAP = 3;
const PADDING = 10;
const NARROWEST = 18;

export function chips(example: ExampleInfo, expanded: boolean): Chip[] {
  const out: Chip[] = [];
  const { imageStart, imageTokens, tokens } = example;
  for (let i = 0; i < tokens.length; i++) {
    const inImage = i >= imageStart && i < imageStart + imageTokens;
    if (inImage && i === imageStart) out.push({ kind: 'image', position: i, text: `▦×${imageTokens}` });
    if (!inImage) out.push({ kind: 'token', position: i, text: tokenText(tokens[i].text) });
    else if (expanded)
      out.push({ kind: 'token', position: i, text: imageTokenMark(example, i - imageStart).replace('▦', '') });
  }
  return out;
}

export function lines(list: readonly Chip[], room: number, measure: (text: string) => number): ChipLine[] {
  const out: PlacedChip[][] = [[]];
  let x = 0;
  list.forEach((chip, index) => {
    const width = Math.min(Math.max(NARROWEST, Math.ceil(measure(chip.text)) + PADDING), Math.max(NARROWEST, room));
    if (x > 0 && x + width > room) {
      out.push([]);
      x = 0;
    }
    out[out.length - 1].push({ ...chip, index, x, width });
    x += width + GAP;
  });
  return out;
}
