/** A font with only the glyphs of some letters, by HarfBuzz's own subsetter compiled to WebAssembly. */
import { readFile } from 'node:fs/promises';
import { fontPath, subsetterPath, type FontFile } from './fonts';

/** What is called of hb-subset.h; pointers and handles are numbers, 0 a failure. */
interface HarfBuzz {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  malloc(bytes: number): number;
  hb_blob_create(data: number, length: number, mode: number, userData: number, destroy: number): number;
  hb_blob_destroy(blob: number): void;
  hb_blob_get_data(blob: number, length: number): number;
  hb_blob_get_length(blob: number): number;
  hb_face_create(blob: number, index: number): number;
  hb_face_destroy(face: number): void;
  hb_face_reference_blob(face: number): number;
  hb_set_add(set: number, value: number): void;
  hb_subset_input_create_or_fail(): number;
  hb_subset_input_destroy(input: number): void;
  hb_subset_input_unicode_set(input: number): number;
  hb_subset_input_set_flags(input: number, flags: number): void;
  hb_subset_or_fail(face: number, input: number): number;
}

/** Node has it, but no type for it without those of a page. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array): Promise<{ readonly instance: { readonly exports: unknown } }>;
};

const MEMORY_MODE_READONLY = 1;
/** Hints are for screens of a hundred dots an inch, and half of the font. */
const FLAGS_NO_HINTING = 1;
/** A letter that the font has not shall show as a box, not vanish. */
const FLAGS_NOTDEF_OUTLINE = 0x40;
/** A study's figures use the same letters again and again; so many subsets are kept. */
const MOST_KEPT = 64;

let loading: Promise<{ harfbuzz: HarfBuzz; fonts: Map<FontFile, number> }> | undefined;
const kept = new Map<string, Uint8Array>();

/** The font as TrueType with the glyphs of `letters`, their kerning and ligatures. The same letters give the same bytes. */
export async function fontSubset(file: FontFile, letters: Iterable<string>): Promise<Uint8Array> {
  const sorted = [...new Set(letters)].sort();
  const key = `${file} ${sorted.join('')}`;
  let subset = kept.get(key);
  if (!subset) {
    subset = await make(file, sorted);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, subset);
  }
  return subset;
}

async function make(file: FontFile, letters: readonly string[]): Promise<Uint8Array> {
  const { harfbuzz: hb, fonts } = await (loading ??= load());
  let face = fonts.get(file);
  if (face === undefined) fonts.set(file, (face = openFace(hb, await readFile(fontPath(file)))));
  const input = hb.hb_subset_input_create_or_fail();
  try {
    const wanted = hb.hb_subset_input_unicode_set(input);
    for (const letter of letters) hb.hb_set_add(wanted, letter.codePointAt(0)!);
    hb.hb_subset_input_set_flags(input, FLAGS_NO_HINTING | FLAGS_NOTDEF_OUTLINE);
    const subset = hb.hb_subset_or_fail(face, input);
    if (subset === 0) throw new Error(`no subset can be made of ${file}`);
    const blob = hb.hb_face_reference_blob(subset);
    const from = hb.hb_blob_get_data(blob, 0);
    const bytes = new Uint8Array(hb.memory.buffer).slice(from, from + hb.hb_blob_get_length(blob));
    hb.hb_blob_destroy(blob);
    hb.hb_face_destroy(subset);
    return bytes;
  } finally {
    hb.hb_subset_input_destroy(input);
  }
}

async function load(): Promise<{ harfbuzz: HarfBuzz; fonts: Map<FontFile, number> }> {
  const { instance } = await WebAssembly.instantiate(await readFile(subsetterPath()));
  const harfbuzz = instance.exports as HarfBuzz;
  harfbuzz._initialize();
  return { harfbuzz, fonts: new Map() };
}

/** The font's bytes stay in the program's memory, for the face reads them later. */
function openFace(hb: HarfBuzz, font: Uint8Array): number {
  const at = hb.malloc(font.length);
  new Uint8Array(hb.memory.buffer).set(font, at);
  const blob = hb.hb_blob_create(at, font.length, MEMORY_MODE_READONLY, 0, 0);
  const face = hb.hb_face_create(blob, 0);
  hb.hb_blob_destroy(blob);
  return face;
}
