/** The tables that `crossflow import` prints. */
import type { Report } from '../core/quantize/report';
import { size } from '../core/words';
import { table } from './table';

const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;
const points = (n: number): string => n.toFixed(2);

export function importTables(report: Report & { readonly folder: string; readonly existed: boolean }): string {
  const { folder, existed, recipe, bytes, source_bytes: before, bits_per_weight: bits } = report;
  const parts = [
    `${folder} ${existed ? 'was there already' : 'is ready'}: ${size(bytes)}, the original has ${size(before)}`,
    `${recipe}; ${bits.toFixed(2)} bits per quantised weight`,
    '',
    layerTable(report),
  ];
  const { comparison } = report;
  if (comparison) {
    parts.push(
      'weights, outputs: error in percent of their size (root mean square); residual: what the layers so far add up to',
      '',
      curveTable(comparison),
      'points of percent between the change curves of both models',
      '',
      `curves: largest difference ${points(comparison.largest_curve_difference)}, mean ${points(comparison.mean_curve_difference)}; ` +
        `probability of the answer: largest difference ${points(100 * comparison.largest_probability_difference)}` +
        (comparison.answers_that_differ === 0 ? '' : `; other answers: ${comparison.answers_that_differ}`),
    );
  }
  return parts.join('\n') + '\n';
}

/** One line a layer; weights that stand in no layer have their own. */
function layerTable({ weights, comparison }: Report): string {
  const groups = new Map<string, Report['weights']>();
  for (const weight of weights) {
    const key = /\blayers\.(\d+)\./.exec(weight.name)?.[1] ?? weight.name;
    groups.set(key, [...(groups.get(key) ?? []), weight]);
  }
  const calibrated = weights.some((w) => w.output_error !== undefined);
  const rows = [...groups].map(([key, list]) => {
    const layer = Number(key);
    const residual = mean(
      (comparison?.examples ?? []).map((e) => e.residual_errors[layer]).filter((x) => x !== undefined),
    );
    return [
      key,
      [...new Set(list.map((w) => w.bits))].sort().join(' and '),
      percent(mean(list.map((w) => w.error))),
      ...(calibrated ? [outputs(list)] : []),
      ...(comparison ? [Number.isNaN(residual) ? '' : percent(residual)] : []),
    ];
  });
  const right = (title: string) => ({ title, right: true });
  return table(
    [
      { title: 'layer' },
      right('bits'),
      right('weights'),
      ...(calibrated ? [right('outputs')] : []),
      ...(comparison ? [right('residual')] : []),
    ],
    rows,
  );
}

function outputs(list: Report['weights']): string {
  const errors = list.flatMap((w) => (w.output_error === undefined ? [] : [w.output_error]));
  return errors.length === 0 ? '' : percent(mean(errors));
}

function curveTable({ examples }: NonNullable<Report['comparison']>): string {
  const rows = examples.flatMap((e) =>
    e.curves.length === 0
      ? [[e.question, `answers "${e.answers.quantized}", the original "${e.answers.original}"`, '', '', '']]
      : e.curves.map((c, i) => [i === 0 ? e.question : '', c.edge, points(c.largest), String(c.layer), points(c.mean)]),
  );
  const right = (title: string) => ({ title, right: true });
  return table([{ title: 'question' }, { title: 'knockout' }, right('largest'), right('layer'), right('mean')], rows);
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
