/** Draws the token-flow graph on a canvas. */
import type { ExampleInfo } from '../../src/protocol/panel';
import { colourOf, tokenGroup } from '../tokens/groups';
import type { Theme } from '../ui/theme';
import type { FlowEdge, FlowGraph } from './edges';
import { columnsSeen, opacity, thickness, widthOf, xOf, yOf, type FlowFrame } from './frame';
import { columnLabel, labelled } from './labels';

export function drawFlow(
  ctx: CanvasRenderingContext2D,
  g: FlowGraph,
  edges: readonly FlowEdge[],
  example: ExampleInfo,
  f: FlowFrame,
  t: Theme,
  dpr: number,
): void {
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.clearRect(0, 0, f.width, f.height);
  const [left, right] = columnsSeen(f);
  ctx.save();
  ctx.beginPath();
  ctx.rect(f.left - 4, 0, f.width - f.left + 4, f.bottom + 5);
  ctx.clip();
  ctx.fillStyle = t.faint;
  for (let level = 0; level <= g.layers; level++) {
    const y = yOf(g, f, level) - 1;
    // Patches too narrow for dots stand on a line.
    for (let c = left; c <= right; c++) {
      if (widthOf(f, c) >= 4) ctx.fillRect(xOf(f, c) - 1, y, 2, 2);
      else ctx.fillRect(f.left + f.starts[c] - f.scroll, y + 0.5, widthOf(f, c), 1);
    }
  }
  ctx.lineCap = 'round';
  // Weakest first, so that strong edges lie on top.
  for (let i = edges.length - 1; i >= 0; i--) {
    const e = edges[i];
    if (Math.max(e.from, e.to) < left || Math.min(e.from, e.to) > right) continue;
    ctx.strokeStyle = colourOf(tokenGroup(example, g.columns[e.from].position), t.series);
    ctx.globalAlpha = opacity(g, e);
    ctx.lineWidth = thickness(g, e);
    ctx.beginPath();
    ctx.moveTo(xOf(f, e.from), yOf(g, f, e.layer));
    ctx.lineTo(xOf(f, e.to), yOf(g, f, e.layer + 1));
    ctx.stroke();
  }
  ctx.restore();
  labels(ctx, g, example, f, t);
}

function labels(ctx: CanvasRenderingContext2D, g: FlowGraph, example: ExampleInfo, f: FlowFrame, t: Theme): void {
  ctx.font = `11px ${t.font}`;
  ctx.fillStyle = t.text;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'right';
  const step = Math.ceil((g.layers * 13) / Math.max(1, f.bottom - f.top));
  for (let layer = 0; layer < g.layers; layer += step)
    ctx.fillText(String(layer), f.left - 10, (yOf(g, f, layer) + yOf(g, f, layer + 1)) / 2);
  const [left, right] = columnsSeen(f);
  ctx.save();
  ctx.beginPath();
  ctx.rect(f.left - 10, 0, f.width, f.height);
  ctx.clip();
  for (const c of labelled(f)) {
    if (c < left || c > right) continue;
    ctx.save();
    ctx.translate(xOf(f, c), f.bottom + 8);
    ctx.rotate(-Math.PI / 3);
    ctx.fillText(columnLabel(g, example, c), 0, 0);
    ctx.restore();
  }
  ctx.restore();
}

/** The chosen layer's band, the edge under the pointer, the chosen token's column. Cheap: drawn on every step. */
export function drawFlowMarks(
  ctx: CanvasRenderingContext2D,
  g: FlowGraph,
  f: FlowFrame,
  m: { layer: number; edge?: FlowEdge; column?: number },
  t: Theme,
  dpr: number,
): void {
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.clearRect(0, 0, f.width, f.height);
  const [y0, y1] = [yOf(g, f, m.layer + 1), yOf(g, f, m.layer)];
  ctx.globalAlpha = t.highContrast ? 0.35 : 0.14;
  ctx.fillStyle = t.focus;
  ctx.fillRect(f.left - 8, y0, f.width - f.left, y1 - y0);
  ctx.globalAlpha = 1;
  ctx.fillRect(f.left - 8, y0, 3, y1 - y0);
  if (m.column !== undefined && xOf(f, m.column) >= f.left - 4) {
    const width = Math.max(5, widthOf(f, m.column));
    ctx.strokeStyle = t.focus;
    ctx.lineWidth = 1;
    ctx.setLineDash([3, 3]);
    ctx.strokeRect(xOf(f, m.column) - width / 2, f.top - 4, width, f.bottom - f.top + 8);
    ctx.setLineDash([]);
  }
  if (m.edge) {
    ctx.strokeStyle = t.text;
    ctx.lineWidth = Math.max(3, thickness(g, m.edge) + 1);
    ctx.lineCap = 'round';
    ctx.beginPath();
    ctx.moveTo(xOf(f, m.edge.from), yOf(g, f, m.edge.layer));
    ctx.lineTo(xOf(f, m.edge.to), yOf(g, f, m.edge.layer + 1));
    ctx.stroke();
  }
}
