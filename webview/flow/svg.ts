/** The token-flow graph as an SVG of its own: the whole of it, unscrolled, on white. */
import type { ExampleInfo } from '../../src/protocol/panel';
import { colourOf, groupsOf, tokenGroup } from '../tokens/groups';
import { PRINTED } from '../ui/theme';
import type { FlowEdge, FlowGraph } from './edges';
import { frame, LABEL_ROOM, opacity, thickness, xOf, yOf, type FlowFrame } from './frame';
import { columnLabel, labelled } from './labels';

const HEIGHT_PER_LAYER = 26;
const COLUMN = 18;
/** Narrower, and the words above would be a column of their own. */
const NARROWEST = 680;
const [LINE, LETTERS] = [16, 12];
/** Width of a letter in its size, rather more than less: whoever opens the drawing may have another font. */
const LETTER = 0.62;
const MARGIN = 16;

const escape = (s: string): string =>
  s.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

/** Whole words in lines of so many letters; a word that is longer has a line of its own. */
function inLines(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

export interface FlowCaption {
  /** Question and answer. */
  readonly title: string;
  /** What the lines are, and of which model. */
  readonly words: readonly string[];
}

export function flowSvg(
  g: FlowGraph,
  edges: readonly FlowEdge[],
  example: ExampleInfo,
  { title, words }: FlowCaption,
): string {
  const width = Math.max(NARROWEST, g.columns.length * COLUMN + 52);
  const letters = Math.floor((width - 2 * MARGIN) / (LETTER * LETTERS));
  // Bold letters are wider.
  const heading = inLines(title, Math.floor(0.9 * letters));
  const caption = [...heading, ...words.flatMap((text) => inLines(text, letters))];
  const legend = legendOf(example, width);
  const head = (caption.length + legend.rows + 1) * LINE;
  const height = head + Math.max(220, g.layers * HEIGHT_PER_LAYER) + LABEL_ROOM;
  const f: FlowFrame = { ...frame(g, () => false, width, height, 0), top: head };
  const n = (v: number): string => v.toFixed(1);
  const lines = [...edges]
    .reverse()
    .map(
      (e) =>
        `<line x1="${n(xOf(f, e.from))}" y1="${n(yOf(g, f, e.layer))}" x2="${n(xOf(f, e.to))}" y2="${n(yOf(g, f, e.layer + 1))}" stroke="${colourOf(tokenGroup(example, g.columns[e.from].position), PRINTED)}" stroke-width="${thickness(g, e).toFixed(2)}" stroke-opacity="${opacity(g, e).toFixed(2)}"/>`,
    );
  const columns = labelled(f).map(
    (c) =>
      `<text transform="translate(${n(xOf(f, c))} ${n(f.bottom + 8)}) rotate(-60)" text-anchor="end">${escape(columnLabel(g, example, c))}</text>`,
  );
  const layers = Array.from(
    { length: g.layers },
    (_, l) =>
      `<text x="${f.left - 10}" y="${n((yOf(g, f, l) + yOf(g, f, l + 1)) / 2 + 4)}" text-anchor="end">${l}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${n(f.width)}" height="${f.height}" viewBox="0 0 ${n(f.width)} ${f.height}" font-family="DejaVu Sans, sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#ffffff"/>
<g font-size="${LETTERS}">
${caption.map((line, i) => `<text x="${MARGIN}" y="${(i + 1) * LINE + 2}"${i < heading.length ? ' font-weight="bold"' : ''}>${escape(line)}</text>`).join('\n')}
${legend.at((caption.length + 1) * LINE + 2)}
</g>
<g stroke-linecap="round">
${lines.join('\n')}
</g>
<g fill="#333333">
${columns.join('\n')}
${layers.join('\n')}
</g>
</svg>
`;
}

interface Legend {
  readonly rows: number;
  /** @param y the baseline of its first row */
  readonly at: (y: number) => string;
}

/** A line has the colour of the token it is read from. */
function legendOf(example: ExampleInfo, width: number): Legend {
  const placed: { name: string; colour: string; x: number; row: number }[] = [];
  let [x, row] = [MARGIN, 0];
  for (const [group, name] of groupsOf(example)) {
    const room = Math.ceil(36 + name.length * LETTER * LETTERS);
    if (x > MARGIN && x + room > width - MARGIN) [x, row] = [MARGIN, row + 1];
    placed.push({ name, colour: colourOf(group, PRINTED), x, row });
    x += room;
  }
  const entry = (y: number, { name, colour, x: left }: (typeof placed)[number]): string =>
    `<line x1="${left}" y1="${y - 4}" x2="${left + 16}" y2="${y - 4}" stroke="${colour}" stroke-width="3"/><text x="${left + 22}" y="${y}">${escape(name)}</text>`;
  return { rows: row + 1, at: (y) => placed.map((one) => entry(y + one.row * LINE, one)).join('\n') };
}
