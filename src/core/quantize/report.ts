/** `quantization-report.json` in an imported folder: what was done to each weight, and what came of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissing, parseJson } from '../checkpoint/folder';
import type { QuantizeItem } from './outputs';
import type { Done } from './work';

export const REPORT_FILE = 'quantization-report.json';

const weightSchema = z.object({
  name: z.string(),
  bits: z.number(),
  shape: z.array(z.number()),
  /** Root mean square of rounded less original, over that of the original. */
  error: z.number(),
  /** The same of what the weight gives for the inputs it was calibrated with. */
  output_error: z.number().optional(),
});

const curveSchema = z.object({
  edge: z.string(),
  window: z.number(),
  largest: z.number(),
  mean: z.number(),
  layer: z.number(),
});

const comparisonSchema = z.object({
  /** Points of percent, over all curves. */
  largest_curve_difference: z.number(),
  mean_curve_difference: z.number(),
  largest_probability_difference: z.number(),
  answers_that_differ: z.number(),
  examples: z.array(
    z.object({
      question: z.string(),
      answers: z.object({ original: z.string(), quantized: z.string() }),
      /** Of the first answer token. */
      probability: z.object({ original: z.number(), quantized: z.number() }),
      /** Empty where the first answer tokens differ. */
      curves: z.array(curveSchema),
      /** By layer: relative error of what it gives. */
      residual_errors: z.array(z.number()),
    }),
  ),
});

export const reportSchema = z.object({
  recipe: z.string(),
  bits_per_weight: z.number(),
  source_bytes: z.number(),
  bytes: z.number(),
  weights: z.array(weightSchema),
  /** With the model it was made from. */
  comparison: comparisonSchema.optional(),
});
export type Report = z.infer<typeof reportSchema>;
export type ReportComparison = z.infer<typeof comparisonSchema>;

/** The report of an imported folder, or undefined when it has none. */
export async function readReport(folder: string): Promise<Report | undefined> {
  const file = join(folder, REPORT_FILE);
  try {
    return parseJson(await readFile(file, 'utf8'), reportSchema, file);
  } catch (e) {
    if (isMissing(e)) return undefined;
    throw e;
  }
}

export const reportText = (report: Report): string => JSON.stringify(report, undefined, 1) + '\n';

export function weightReports(items: readonly QuantizeItem[], done: ReadonlyMap<string, Done>): Report['weights'] {
  const root = (square: number, total: number): number => (total === 0 ? 0 : Math.sqrt(square / total));
  return items.map(({ name, format, source }) => {
    const { square = 0, total = 0, outputSquare, outputTotal } = done.get(name)?.error ?? {};
    return {
      name,
      bits: format.bits,
      shape: [...source.shape],
      error: root(square, total),
      ...(outputSquare === undefined || outputTotal === undefined
        ? {}
        : { output_error: root(outputSquare, outputTotal) }),
    };
  });
}
