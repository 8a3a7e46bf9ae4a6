/** The ratios of earlier benches, a JSON line a run, and whether a new run is slower than the last one. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Times in clean runs of the same process, but `cleanSeconds`. */
const ratiosSchema = z.strictObject({
  cleanSeconds: z.number().positive(),
  /** Six curves by forked rows. */
  forked: z.number().positive(),
  /** One more edge. */
  click: z.number().positive(),
  /** Six curves by full passes. */
  full: z.number().positive(),
  /** Peak memory against weights, caches and budget. */
  memory: z.number().positive(),
});

const entrySchema = z.strictObject({
  /** YYYY-MM-DD */
  date: z.string(),
  commit: z.string(),
  /** Processor and number of cores. */
  machine: z.string(),
  subjects: z.record(z.string(), ratiosSchema),
});

export type Ratios = z.infer<typeof ratiosSchema>;
export type Entry = z.infer<typeof entrySchema>;

/** By how much a ratio may grow before it counts as slower. */
const ALLOWED = 0.1;

/** @throws Error naming the line that is no entry */
export function parseHistory(text: string): Entry[] {
  return text
    .split('\n')
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => {
      const parsed = entrySchema.safeParse(JSON.parse(line));
      if (!parsed.success) throw new Error(`bench/history.jsonl:${number}: ${z.prettifyError(parsed.error)}`);
      return parsed.data;
    });
}

export const readHistory = (file: string): Entry[] => parseHistory(readFileSync(file, 'utf8'));

/** Every ratio of `now` that is more than `allowed` above the last entry that has it, in words. Seconds are not compared. */
export function slower(history: readonly Entry[], now: Entry, allowed = ALLOWED): string[] {
  const out: string[] = [];
  for (const [subject, ratios] of Object.entries(now.subjects)) {
    const before = history.findLast((entry) => subject in entry.subjects);
    if (!before) continue;
    for (const what of ['forked', 'click', 'memory'] as const) {
      const was = before.subjects[subject][what];
      const is = ratios[what];
      if (is > was * (1 + allowed)) {
        const percent = (100 * (is / was - 1)).toFixed(0);
        out.push(
          `${subject}: ${what} is ${is.toFixed(2)}, ${percent} % above the ${was.toFixed(2)} of ${before.commit}`,
        );
      }
    }
  }
  return out;
}
