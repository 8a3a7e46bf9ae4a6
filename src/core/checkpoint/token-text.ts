/** How a vocabulary spells bytes: SentencePiece (`▁`, `<0x0A>`), byte-level BPE (`Ġ`), or plain text. */
export type VocabularyKind = 'sentencepiece' | 'bytes' | 'text';

/** Types of a tokenizer's parts, those inside of sequences too. */
function partTypes(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const { type, decoders, pretokenizers } = part as Record<string, unknown>;
  const nested = [decoders, pretokenizers].flatMap((list) => (Array.isArray(list) ? list.flatMap(partTypes) : []));
  return [...(typeof type === 'string' ? [type] : []), ...nested];
}

/** Told by tokenizer.json: byte-level vocabularies have a ByteLevel part, somewhere in it. */
export function vocabularyKind(tokenizer: Readonly<Record<string, unknown>>): VocabularyKind {
  const types = [tokenizer['decoder'], tokenizer['pre_tokenizer']].flatMap(partTypes);
  return types.includes('ByteLevel') ? 'bytes' : 'sentencepiece';
}

/** Whether tokens like `<0x0A>` are decoded as bytes. */
export const hasByteFallback = (tokenizer: Readonly<Record<string, unknown>>): boolean =>
  partTypes(tokenizer['decoder']).includes('ByteFallback');

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/**
 * Byte tokens in runs that are no valid UTF-8, each as one replacement character: the decoder of Rust's tokenizers
 * gives up a whole run where a TextDecoder saves what it can. Undefined when there is no such run.
 */
export function replaceBrokenRuns(tokens: readonly string[]): string[] | undefined {
  const out = [...tokens];
  let broken = false;
  for (let start = 0; start < tokens.length; start++) {
    let end = start;
    while (end < tokens.length && BYTE_TOKEN.test(tokens[end])) end++;
    if (end === start) continue;
    const bytes = tokens.slice(start, end).map((t) => Number.parseInt(t.slice(3, 5), 16));
    if (tryDecode(Uint8Array.from(bytes)) === undefined) {
      broken = true;
      out.fill('\uFFFD', start, end);
    }
    start = end;
  }
  return broken ? out : undefined;
}

const utf8 = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes a token string stands for. */
export function tokenBytes(token: string, kind: VocabularyKind): Uint8Array {
  if (kind === 'text') return utf8.encode(token);
  if (kind === 'bytes') {
    const table = byteOfCharacter();
    const bytes = Array.from(token, (c) => table.get(c));
    // a token outside the alphabet (an added word) is plain text
    return bytes.some((b) => b === undefined) ? utf8.encode(token) : Uint8Array.from(bytes as number[]);
  }
  const byte = BYTE_TOKEN.exec(token);
  if (byte) return Uint8Array.of(Number.parseInt(byte[1], 16));
  return utf8.encode(token.replaceAll('▁', ' '));
}

/** One character (0-255) per byte, so that string search finds byte positions. */
export const binaryString = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Bytes as text; what is no whole character stands as `<0xE2>`. */
export function visibleText(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at]);
    const part = bytes.subarray(at, at + length);
    const decoded = part.length === length ? tryDecode(part) : undefined;
    text += decoded ?? `<0x${bytes[at].toString(16).toUpperCase().padStart(2, '0')}>`;
    at += decoded === undefined ? 1 : length;
  }
  return text;
}

/** Bytes in a UTF-8 character that begins with this byte. */
const sequenceLength = (first: number): number => (first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);

function tryDecode(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

let characters: Map<string, number> | undefined;
/** The alphabet of byte-level BPE: GPT-2's `bytes_to_unicode`, turned around. */
function byteOfCharacter(): Map<string, number> {
  if (characters) return characters;
  characters = new Map();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    characters.set(String.fromCharCode(printable ? byte : next++), byte);
  }
  return characters;
}
