/** Draws what lies over the picture. The larger a value the more it covers; colours fit any photograph. */
import type { Theme } from '../ui/theme';
import { outline } from './draw';
import type { OverlayLook, OverlayPicture, Outline } from './overlay';
import type { Cell } from './viewport';

const LEVELS = 64;
/** Of the largest value; the strength that people choose lies on top. */
const OPAQUE = 0.9;
/** From these shares of the scale on, patches are outlined in high contrast. */
export const CONTOURS = [0.25, 0.5, 0.75] as const;

/** Colours from the smallest value to the largest: red, green, blue. */
const HEAT = [
  [70, 0, 140],
  [190, 20, 110],
  [245, 90, 25],
  [255, 225, 50],
] as const;
const SET = 'rgba(0,114,220,0.4)';
const EFFECT: Readonly<Record<OverlayLook, string>> = {
  heat: '#ffffff',
  set: '#ffffff',
  drop: '#7cc4ff',
  rise: '#ffb04d',
};

const ramp = Array.from({ length: LEVELS }, (_, i) => {
  const share = i / (LEVELS - 1);
  const t = share * (HEAT.length - 1);
  const k = Math.min(HEAT.length - 2, Math.floor(t));
  const [r, g, b] = HEAT[k].map((v, c) => Math.round(v + (HEAT[k + 1][c] - v) * (t - k)));
  return `rgba(${r},${g},${b},${(OPAQUE * share).toFixed(3)})`;
});

/** @param strength of the colours, 0..1: outlines stay as they are */
export function drawOverlay(
  ctx: CanvasRenderingContext2D,
  list: readonly (Cell | undefined)[],
  o: OverlayPicture,
  { strength, dpr, t }: { readonly strength: number; readonly dpr: number; readonly t: Theme },
): void {
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  const { values } = o;
  if (values) {
    ctx.globalAlpha = strength;
    list.forEach((c, i) => {
      const value = values[i];
      if (!c || !(value > 0)) return;
      ctx.fillStyle = o.look === 'heat' ? ramp[Math.min(LEVELS - 1, Math.floor(value * (LEVELS - 1) + 0.5))] : SET;
      ctx.fillRect(c[0], c[1], c[2] - c[0], c[3] - c[1]);
    });
    ctx.globalAlpha = 1;
    if (t.highContrast) contours(ctx, list, values, o.look === 'heat' ? CONTOURS : [1], dpr);
  }
  for (const part of o.outlines ?? []) drawOutline(ctx, list, part, EFFECT[o.look], dpr, t);
}

function contours(
  ctx: CanvasRenderingContext2D,
  list: readonly (Cell | undefined)[],
  values: Float32Array,
  from: readonly number[],
  dpr: number,
): void {
  from.forEach((least, i) => {
    const inside = new Set<number>();
    values.forEach((value, patch) => {
      if (value >= least) inside.add(patch);
    });
    outline(ctx, list, inside, '#000000', (i + 3) * dpr);
    outline(ctx, list, inside, '#ffffff', (i + 1) * dpr);
  });
}

function drawOutline(
  ctx: CanvasRenderingContext2D,
  list: readonly (Cell | undefined)[],
  { patches, dashed, label }: Outline,
  colour: string,
  dpr: number,
  t: Theme,
): void {
  const chosen = new Set(patches);
  outline(ctx, list, chosen, '#000000', 5 * dpr);
  outline(ctx, list, chosen, dashed ? '#ffffff' : colour, 2.5 * dpr, dashed ? [5 * dpr, 4 * dpr] : []);
  if (label !== undefined) tag(ctx, list, patches, label, dpr, t);
}

/** The number above the outline's first patch, or inside it at the picture's upper border. */
function tag(
  ctx: CanvasRenderingContext2D,
  list: readonly (Cell | undefined)[],
  patches: readonly number[],
  label: string,
  dpr: number,
  t: Theme,
): void {
  const shown = patches.flatMap((p) => (list[p] ? [list[p]] : []));
  if (shown.length === 0) return;
  const top = Math.min(...shown.map((c) => c[1]));
  const left = Math.min(...shown.filter((c) => c[1] === top).map((c) => c[0]));
  ctx.font = `600 ${12 * dpr}px ${t.font}`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  const [pad, height] = [5 * dpr, 18 * dpr];
  const width = ctx.measureText(label).width + 2 * pad;
  const x = Math.max(0, Math.min(left, ctx.canvas.width - width));
  const y = Math.max(0, Math.min(top - height - 2 * dpr, ctx.canvas.height - height));
  ctx.fillStyle = '#000000';
  ctx.fillRect(x, y, width, height);
  ctx.strokeStyle = '#ffffff';
  ctx.lineWidth = dpr;
  ctx.strokeRect(x + dpr / 2, y + dpr / 2, width - dpr, height - dpr);
  ctx.fillStyle = '#ffffff';
  ctx.fillText(label, x + pad, y + height / 2 + 0.5 * dpr);
}

/** The colour scale beside the words, over light and dark, for it covers both. */
export function drawScale(ctx: CanvasRenderingContext2D, strength: number): void {
  const { width, height } = ctx.canvas;
  ctx.fillStyle = '#ffffff';
  ctx.fillRect(0, 0, width, height / 2);
  ctx.fillStyle = '#202020';
  ctx.fillRect(0, height / 2, width, height / 2);
  ctx.globalAlpha = strength;
  for (let x = 0; x < width; x++) {
    ctx.fillStyle = ramp[Math.floor((x / (width - 1)) * (LEVELS - 1))];
    ctx.fillRect(x, 0, 1, height);
  }
  ctx.globalAlpha = 1;
}
