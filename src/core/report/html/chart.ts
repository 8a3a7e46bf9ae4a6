import { html, type Html } from './template';
import { signed } from './words';

/** Pixels of the drawing; it is stretched to the width there is. */
const [WIDTH, HEIGHT] = [260, 96];
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 6, 8, 14];

/** One question's curve against the mean, the point where they differ most marked. Values in percent, by layer. */
export function smallChart(own: readonly number[], mean: readonly number[], layer: number, label: string): Html {
  const values = [...own, ...mean, 0];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const last = Math.max(1, own.length - 1);
  const x = (at: number): number => LEFT + (at / last) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + ((high - value) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM);
  const points = (curve: readonly number[]): string =>
    curve.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const [least, most, zero] = [y(low), y(high), y(0)].map((place) => place.toFixed(1));
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
    <line class="zero" x1="${LEFT}" y1="${zero}" x2="${WIDTH - RIGHT}" y2="${zero}" />
    <text x="${LEFT - 4}" y="${most}" dy="3" text-anchor="end">${axis(high)}</text>
    <text x="${LEFT - 4}" y="${least}" dy="3" text-anchor="end">${axis(low)}</text>
    <text x="${LEFT}" y="${HEIGHT - 2}" text-anchor="middle">0</text>
    <text x="${x(last).toFixed(1)}" y="${HEIGHT - 2}" text-anchor="end">layer ${last}</text>
    <polyline class="mean" points="${points(mean)}" />
    <polyline class="own" points="${points(own)}" />
    <circle class="far" cx="${x(layer).toFixed(1)}" cy="${y(own[layer] ?? 0).toFixed(1)}" r="3" />
  </svg>`;
}

const axis = (value: number): string => signed(Math.round(value)).replace('.0', '');
