import type { Tokenizer } from '../checkpoint/tokenizer';
import { usage, type CrossflowError } from '../errors';
import type { ImageGeometry, PatchPlace } from '../spec';
import { defineSets } from './defined-sets';
import type { SetName } from './set-names';
import { QuotedText } from './quoted';
import { findSpan, placesOf, spanAt, type Span } from './spans';
import type { EncodedPrompt, SetDefinition, TokenSets } from './types';

export interface SetsInput {
  readonly encoded: EncodedPrompt;
  readonly tokenizer: Pick<Tokenizer, 'pieces' | 'bytePieces' | 'isAdded' | 'tokenText'>;
  /** Position of the first image token. */
  readonly imageStart: number;
  readonly geometry: ImageGeometry;
  /** Patches (image tokens) in the objects' boxes; left out: the example has no objects. */
  readonly objectPatches?: readonly number[];
  readonly question: string;
  /** True option, false option. */
  readonly options?: readonly [string, string];
  /** The central object's word(s) as they stand in the question. */
  readonly objectName?: string;
  readonly definitions: Readonly<Record<string, SetDefinition>>;
  /** Told of each definition that cannot be followed, whose set is then absent; without it the first one is thrown. */
  readonly wrong?: (name: string, error: CrossflowError) => void;
}

/**
 * Every token set of an example: the published ones that it can have, `System`, `Instruction` and `Text`, and the
 * user's own. Sets may be empty; a set the example cannot have is absent. Positions count in the expanded sequence.
 * @throws CrossflowError `usage` when the question is not found, or a definition cannot be followed
 */
export function buildSets(input: SetsInput): TokenSets {
  const { encoded, imageStart, geometry, definitions } = input;
  const textStart = imageStart + geometry.patches.length;
  const sets = new Map<string, readonly number[]>();
  const text = new TextFinder(encoded.after, textStart, input.tokenizer);
  for (const [name, positions] of [
    ...textSets(input, text, textStart),
    ...imageSets(geometry.patches, imageStart, input.objectPatches),
  ]) {
    sets.set(name, positions);
  }
  defineSets(sets, definitions, {
    patches: geometry.patches,
    imageStart,
    find: (t, nth) => text.find(t, nth),
    ...(input.wrong && { wrong: input.wrong }),
  });
  return Object.fromEntries(sets);
}

/** Finds texts among the tokens after the image. */
class TextFinder {
  private readonly pieces: readonly string[];
  private bytes?: readonly string[];
  private quoted?: QuotedText;

  constructor(
    private readonly ids: readonly number[],
    private readonly start: number,
    private readonly tokenizer: Pick<Tokenizer, 'pieces' | 'bytePieces' | 'isAdded' | 'tokenText'>,
  ) {
    this.pieces = tokenizer.pieces(ids);
  }

  /** Positions of the nth place of a text; undefined when it is not there. */
  find(text: string, nth = 1): number[] | undefined {
    const span = findSpan(this.pieces, text, nth) ?? this.findBytes(text, nth) ?? this.quotedIn(text)?.find(text, nth);
    return span && this.positions(span);
  }

  /** Positions of a whole word inside a wider text (both by their first place), or of the same letters anywhere. */
  findWord(word: string, inside: string): number[] | undefined {
    const offsets = placesOf(inside, word);
    const letter = /[\p{L}\p{N}]/u;
    const whole = offsets.find(
      (at) => !letter.test(inside[at - 1] ?? ' ') && !letter.test(inside[at + word.length] ?? ' '),
    );
    const offset = whole ?? offsets[0];
    const at = this.pieces.join('').indexOf(inside);
    if (offset === undefined) return undefined;
    if (at >= 0) return this.positions(spanAt(this.pieces, at + offset, word.length));
    const quoted = this.quotedIn(inside)?.findInside(word, offset, inside);
    return quoted ? this.positions(quoted) : this.find(word);
  }

  /**
   * The published search compares token strings, which spell other letters than ASCII in their own way; bytes find
   * those too. Where the published search finds a text, both agree.
   */
  private findBytes(text: string, nth: number): Span | undefined {
    this.bytes ??= this.tokenizer.bytePieces(this.ids);
    return findSpan(this.bytes, Buffer.from(text, 'utf8').toString('latin1'), nth);
  }

  /** For a text that quotes an added token which stands here. */
  private quotedIn(text: string): QuotedText | undefined {
    const { tokenizer, ids } = this;
    if (!ids.some((id) => tokenizer.isAdded(id) && text.includes(tokenizer.tokenText(id)))) return undefined;
    this.bytes ??= tokenizer.bytePieces(ids);
    return (this.quoted ??= new QuotedText(this.bytes));
  }

  private positions({ start, end }: Span): number[] {
    return range(this.start + start, this.start + end);
  }
}

type Named = readonly [name: SetName, positions: readonly number[]];

function textSets(input: SetsInput, text: TextFinder, textStart: number): Named[] {
  const { encoded, question, options, objectName, imageStart } = input;
  const last = textStart + encoded.after.length - 1;
  const found = text.find(question);
  if (found === undefined) throw usage(`the question "${question}" was not found in the prompt's tokens`);
  const sets: Named[] = [
    ['Last', [last]],
    ['Question', found],
    ['System', range(0, imageStart)],
    ['Instruction', range((found.at(-1) ?? last) + 1, last)],
    ['Text', range(textStart, last + 1)],
  ];
  if (options) {
    const [right, wrong] = options.map((o) => text.findWord(o, question));
    if (right) sets.push(['True Option', right]);
    if (wrong) sets.push(['False Option', wrong]);
    const both = new Set([...(right ?? []), ...(wrong ?? [])]);
    if (both.size > 0) sets.push(['Question without Options', found.filter((p) => !both.has(p))]);
  }
  const word = objectName === undefined ? undefined : text.findWord(objectName, question);
  if (word) sets.push(['Central Object', word]);
  return sets;
}

/**
 * `Image` is what vision features stand in for, newline tokens included; the marks between an image's parts are text and
 * stand apart, as `Image Marker`. Newline tokens are `Image Pad`; they are never in a box, and `Image Without Central
 * Object` leaves them out, as the published code does. The sets of tiles, row ends and marks exist only where there are
 * some.
 */
function imageSets(patches: readonly PatchPlace[], imageStart: number, objectPatches?: readonly number[]): Named[] {
  const all = range(0, patches.length);
  const of = (...kinds: readonly PatchPlace['kind'][]): number[] => all.filter((i) => kinds.includes(patches[i].kind));
  const at = (wanted: readonly number[]): number[] => wanted.map((i) => imageStart + i);
  const marks = of('mark');
  const pad = of('newline');
  const image = of('base', 'tile', 'class', 'newline');
  const tiled = of('tile').length + pad.length > 0;
  const high = of('tile', 'newline');
  const sets: Named[] = [['Image', at(image)]];
  if (marks.length > 0) sets.push(['Image Marker', at(marks)]);
  if (pad.length > 0) sets.push(['Image Pad', at(pad)]);
  if (tiled) sets.push(['Image Original Patch', at(of('base', 'class'))], ['Image HD Patch Indice', at(high)]);
  if (objectPatches === undefined) return sets;

  const places = new Set(of('base', 'tile', 'class'));
  const inside = new Set(objectPatches.filter((i) => places.has(i)));
  const outside = image.filter((i) => !inside.has(i));
  sets.push(
    ['Image Central Object', at(image.filter((i) => inside.has(i)))],
    ['Image Without Central Object', at(outside.filter((i) => places.has(i)))],
  );
  if (pad.length > 0) sets.push(['Image Without Central Object with pad', at(outside)]);
  if (tiled) {
    sets.push(
      ['Image Central Object in HD Patch Indice', at(high.filter((i) => inside.has(i)))],
      ['Image HD Patch Without Central Object Indice', at(high.filter((i) => !inside.has(i)))],
    );
  }
  return sets;
}

/** Whole numbers from `start` up to, not including, `end`. */
const range = (start: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
