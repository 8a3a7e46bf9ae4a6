/** Values as Python writes them: pandas stores a tuple in a CSV as its `repr`, and the published tables hold two. */

/** `repr` of a tuple of str. */
export const wordTuple = (words: readonly string[]): string => tuple(words.map(quoted));

/** `repr` of a tuple of float32 (numpy 1, which the published scripts use: plain numbers). */
export const scoreTuple = (scores: readonly number[]): string => tuple(scores.map(float32));

const tuple = (parts: readonly string[]): string => `(${parts.join(', ')}${parts.length === 1 ? ',' : ''})`;

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** In single quotes, unless it holds one and no double quote. What Python finds not printable is escaped. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = '';
  for (const sign of text) {
    if (sign === quote) out += `\\${sign}`;
    else if (sign in ESCAPES) out += ESCAPES[sign];
    else out += sign !== ' ' && /[\p{C}\p{Z}]/u.test(sign) ? escaped(sign.codePointAt(0)!) : sign;
  }
  return quote + out + quote;
}

function escaped(code: number): string {
  const hex = (places: number): string => code.toString(16).padStart(places, '0');
  return code < 0x100 ? `\\x${hex(2)}` : code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}

/** `repr` of a number that is shortest32() already: scientific below 1e-4 and from 1e16 on. */
function float32(value: number): string {
  const size = Math.abs(Math.fround(value));
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
