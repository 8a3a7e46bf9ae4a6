/** Questions far from the mean: picture with overlays, answer, and the curve that differs. */
import { smallChart } from './chart';
import type { Outlier } from '../findings';
import type { Picture } from './pictures';
import { html, quoted, type Html } from './template';
import { count, probability, signed } from './words';

export function outlierList(
  outliers: readonly Outlier[],
  pictures: readonly (Picture | string)[],
  labels: readonly string[],
): Html {
  return html`<ol class="outliers">
    ${outliers.map(({ record, curve, mean, knockout, layer, deviations }, i) => {
      const label = labels[knockout] ?? '';
      const [value, usual] = [curve[layer] ?? 0, mean[layer] ?? 0];
      const words = `${label} at layer ${layer}: ${signed(value)}, mean ${signed(usual)}`;
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
  const label = `Picture of: ${question.replace(/\s+/g, ' ')} ${count(boxes.length, 'box', 'boxes')} and ${count(patches.length, 'patch', 'patches')} of its objects are marked.`;
  return html`<svg class="picture" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
    <image href="${data}" width="${width}" height="${height}" />
    ${patches.map((p) => html`<rect class="patch" x="${p.x.toFixed(1)}" y="${p.y.toFixed(1)}" width="${p.width.toFixed(1)}" height="${p.height.toFixed(1)}" />`)}
    ${boxes.map(([x, y, w, h]) => html`<rect class="box" x="${x}" y="${y}" width="${w}" height="${h}" />`)}
  </svg>`;
}
