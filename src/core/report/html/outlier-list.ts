/** Questions far from the mean: picture with overlays, answer, and the curve that differs. */
import type { Outlier } from '../findings';
import type { Picture } from './pictures';
import { html, type Html, quoted } from './template';
import { change, plural, probability } from '../../words';

export function outlierList(
  outliers: readonly Outlier[],
  pictures: readonly (Picture | string)[],
  labels: readonly string[],
): Html {
  return html`<ol class="outliers">
    ${outliers.map(({ record, curve, mean, knockout, layer, deviations }, i) => {
      const label = labels[knockout] ?? '';
      const [value, usual] = [curve[layer] ?? 0, mean[layer] ?? 0];
      const words = `${label} at layer ${layer}: ${change(value)}, mean ${change(usual)}`;
      return html`<li>
        ${pictures[i] === undefined ? undefined : picture(pictures[i], record.question)}
        <h4>${quoted(record.question)}</h4>
        <p>
          <span class="good">${quoted(record.answer)}</span> ${probability(record.base)} · question
          ${quoted(record.question_id)}
        </p>
        <p>${quoted(words)} (${deviations.toFixed(1)} standard deviations)</p>
        ${smallChart(curve, mean, layer, `${words}. Solid: this question, dashed: the mean.`)}
      </li>`;
    })}
  </ol>`;
}

function picture(picture: Picture | string, question: string): Html {
  if (typeof picture === 'string') return html`<p class="missing">${quoted(picture)}</p>`;
  const { width, height, data, boxes, patches } = picture;
  const label = `Picture of: ${question.replace(/\s+/g, ' ')} ${plural(boxes.length, 'box', 'boxes')} and ${plural(patches.length, 'patch', 'patches')} of its objects are marked.`;
  return html`<svg class="picture" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
    <image href="${data}" width="${width}" height="${height}" />
    ${patches.map((p) => html`<rect class="patch" x="${p.x.toFixed(1)}" y="${p.y.toFixed(1)}" width="${p.width.toFixed(1)}" height="${p.height.toFixed(1)}" />`)}
    ${boxes.map(([x, y, w, h]) => html`<rect class="box" x="${x}" y="${y}" width="${w}" height="${h}" />`)}
  </svg>`;
}

/** Pixels of the drawing; it is stretched to the width there is. */
const [WIDTH, HEIGHT] = [260, 96];
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 6, 8, 14];

/** One question's curve against the mean, the point where they differ most marked. Values in percent, by layer. */
function smallChart(own: readonly number[], mean: readonly number[], layer: number, label: string): Html {
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

const axis = (value: number): string => change(Math.round(value)).replace('.0', '');
