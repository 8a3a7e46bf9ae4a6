/** Fonts inside SVG files, so that they look the same where the font is not installed. */
import { fontSubset } from './font-subset';
import { FONT_NAME, type FontFile } from './fonts';

interface Face {
  readonly file: FontFile;
  readonly weight: 'normal' | 'bold';
}
const FACES: readonly Face[] = [
  { file: 'DejaVuSans.ttf', weight: 'normal' },
  { file: 'DejaVuSans-Bold.ttf', weight: 'bold' },
];

/** Letters that an SVG of Vega shows, by face. */
export function lettersOf(svg: string): Map<FontFile, Set<string>> {
  const letters = new Map<FontFile, Set<string>>();
  for (const [, attributes, text] of svg.matchAll(/<text\b([^>]*)>(.*?)<\/text>/gs)) {
    const bold = /font-weight="(bold|[6-9]00)"/.test(attributes);
    const { file } = FACES[bold ? 1 : 0];
    const set = letters.get(file) ?? new Set<string>();
    for (const letter of plain(text)) set.add(letter);
    letters.set(file, set);
  }
  return letters;
}

/**
 * Adds the glyphs that are used, as `@font-face` rules. Each says which letters it has: several such drawings in one page
 * then add to one another, although their faces have one name.
 */
export async function embedFonts(svg: string): Promise<string> {
  const letters = lettersOf(svg);
  const rules: string[] = [];
  for (const { file, weight } of FACES) {
    const mine = letters.get(file);
    if (!mine) continue;
    const font = Buffer.from(await fontSubset(file, mine)).toString('base64');
    const source = `url(data:font/ttf;base64,${font})`;
    rules.push(
      `@font-face{font-family:"${FONT_NAME}";font-weight:${weight};src:${source};unicode-range:${ranges(mine)}}`,
    );
  }
  if (rules.length === 0) return svg;
  return svg.replace(/<svg\b[^>]*>/, (tag) => `${tag}<defs><style>${rules.join('')}</style></defs>`);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** Without the tags of lines inside it, entities resolved. */
const plain = (text: string): string =>
  text
    .replace(/<[^>]*>/g, '')
    .replace(/&#(x?)([\da-f]+);/gi, (_, hex: string, code: string) =>
      String.fromCodePoint(parseInt(code, hex ? 16 : 10)),
    )
    .replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]);

/** `U+20,U+41-43`. */
function ranges(letters: ReadonlySet<string>): string {
  const codes = [...letters].map((letter) => letter.codePointAt(0)!).sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const code of codes) {
    const last = runs.at(-1);
    if (last && code === last[1] + 1) last[1] = code;
    else runs.push([code, code]);
  }
  const hex = (code: number): string => code.toString(16).toUpperCase();
  return runs.map(([from, to]) => `U+${hex(from)}${to > from ? `-${hex(to)}` : ''}`).join(',');
}
