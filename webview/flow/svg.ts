/** The token-flow graph as an SVG of its own: the whole of it, unscrolled, on white. */
import type { ExampleInfo } from '../../src/protocol/panel';
import { colourOf, tokenGroup } from '../tokens/groups';
import { PRINTED } from '../ui/theme';
import type { FlowEdge, FlowGraph } from './edges';
import { frame, LABEL_ROOM, opacity, thickness, xOf, yOf, type FlowFrame } from './frame';
import { columnLabel, labelled } from './labels';

const HEIGHT_PER_LAYER = 26;
const COLUMN = 18;
const TITLE_ROOM = 36;

const escape = (s: string): string =>
  s.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

export function flowSvg(g: FlowGraph, edges: readonly FlowEdge[], example: ExampleInfo, title: string): string {
  const height = Math.max(260, g.layers * HEIGHT_PER_LAYER + LABEL_ROOM + 40);
  const f: FlowFrame = { ...frame(g, () => false, g.columns.length * COLUMN + 52, height, 0), top: TITLE_ROOM };
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
<text x="${f.left}" y="18" font-size="12">${escape(title)}</text>
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
