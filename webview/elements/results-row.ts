/** One row of the results table: a question with the curves of its edges. */
import { html, svg, type TemplateResult } from 'lit';
import { largestChange, NO_CHANGE, type ResultRow } from '../../src/protocol/panel';
import { change, percent } from '../model/words';
import { cutMark, sparkline } from '../results/rows';
import { seriesClass } from '../ui/theme';

/** In CSS pixels, as in results.css. */
export const ROW_HEIGHT = 34;
const SPARK = { width: 80, height: 26 };
/** Sparklines rise to this change; higher ones are cut and marked. */
export const SPARK_TOP = 20;
/** Distance from the mean curve, in standard deviations, from which a question is marked. */
const FAR = 3;

export interface RowPlace {
  readonly edges: readonly string[];
  /** Of the edges, in their order. */
  readonly looks: readonly number[];
  readonly index: number;
  /** Index of the row that the keyboard is at. */
  readonly active: number;
}

export function resultRow(row: ResultRow, { edges, looks, index, active }: RowPlace): TemplateResult {
  const right = row.gold.trim().toLowerCase() === row.predicted.trim().toLowerCase();
  return html`<div
    class="cf-row ${index === active ? 'cf-active' : ''}"
    role="row"
    id="cf-row-${index}"
    data-index=${index}
    aria-rowindex=${index + 2}
    aria-selected=${index === active ? 'true' : 'false'}
    .style=${`top: ${index * ROW_HEIGHT}px`}
  >
    <div role="gridcell" class="cf-cell cf-col-number ${row.outlier >= FAR ? 'cf-far' : ''}">
      ${row.outlier.toFixed(1)}
    </div>
    <div role="gridcell" class="cf-cell cf-col-id" title=${`${row.questionId}, ${row.image}`}>${row.questionId}</div>
    <div role="gridcell" class="cf-cell cf-col-question" title=${row.question}>${row.question}</div>
    <div role="gridcell" class="cf-cell cf-col-word">${row.gold}</div>
    <div role="gridcell" class="cf-cell cf-col-word ${right ? '' : 'cf-bad'}">${row.predicted}</div>
    <div role="gridcell" class="cf-cell cf-col-number">${percent(row.baseScore)}</div>
    ${edges.map((edge, i) => spark(row.curves[edge], looks[i]))}
  </div>`;
}

function spark(curve: readonly number[] | undefined, look: number): TemplateResult {
  const most = largestChange(curve ?? []);
  const { width, height } = SPARK;
  const zero = ((SPARK_TOP / (SPARK_TOP + 100)) * (height - 2) + 1).toFixed(1);
  const words = !most
    ? 'not computed'
    : Math.abs(most.change) < NO_CHANGE
      ? 'no change'
      : `${change(most.change)} at ${most.layer}`;
  return html`<div role="gridcell" class="cf-cell cf-col-edge">
    <svg
      class="cf-spark ${seriesClass(look)}"
      viewBox="0 0 ${width} ${height}"
      width=${width}
      height=${height}
      aria-hidden="true"
    >
      ${svg`<path class="cf-zero" d="M0 ${zero}H${width}"></path><path d=${sparkline(curve ?? [], width, height, SPARK_TOP)}></path><path class="cf-cut" d=${cutMark(curve ?? [], width, SPARK_TOP)}></path>`}</svg
    ><span class="cf-number">${words}</span>
  </div>`;
}
