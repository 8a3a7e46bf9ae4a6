import { z } from 'zod';
import type { Knockout } from '../experiment/types';
import { identitySchema } from './identity';
import { machineSchema } from './machine';

/** What a journal holds: one header, then one record for each question that was worked on. */

const knockoutSchema: z.ZodType<Knockout> = z.union([
  z.object({
    kind: z.literal('edge'),
    from: z.string(),
    to: z.string(),
    window: z.number(),
    heads: z.array(z.number()).optional(),
  }),
  z.object({ kind: z.enum(['attention', 'mlp']), of: z.string(), window: z.number() }),
  z.object({ kind: z.literal('prune'), of: z.string() }),
]);

export const headerSchema = z.object({
  identity: identitySchema,
  /** For reading and reporting only; never compared. */
  about: z.object({
    /** ISO 8601 */
    started: z.string(),
    model: z.object({
      name: z.string(),
      family: z.string(),
      layers: z.number(),
      heads: z.number(),
      hidden: z.number(),
      dtype: z.string(),
      parameters: z.number(),
    }),
    csv: z.string(),
    /** Rows of the CSV. */
    rows: z.number(),
    task: z.string(),
    knockouts: z.array(knockoutSchema),
    /** Undefined for results that only tables are left of. */
    machine: machineSchema.optional(),
  }),
});
export type JournalHeader = z.infer<typeof headerSchema>;

/**
 * Lists of numbers are most of a record. Each is one check: zod's own array copies it and takes a third of the time that
 * a table needs.
 */
const listOf = (what: string, fits: (value: unknown) => boolean): z.ZodType<number[]> =>
  z.custom<number[]>((value) => Array.isArray(value) && value.every(fits), `not a list of ${what}`);
const probability = z.number();
const probabilities = listOf('numbers', Number.isFinite);
const indices = listOf('indices', (value) => Number.isSafeInteger(value) && (value as number) >= 0);
const base = {
  /** DatasetRow.index */
  row: z.int().min(0),
  question_id: z.string(),
  img_id: z.string(),
  /** File name of the picture. */
  image: z.string(),
  image_bytes: z.number(),
  gold: z.string(),
  question: z.string(),
  options: z.tuple([z.string(), z.string()]).optional(),
  /** Time the question took. */
  seconds: z.number(),
};
const answered = {
  /** The model's answer, lower case without outer blanks, as published. */
  answer: z.string(),
  /** Clean probability of the first answer token. */
  base: probability,
};
/** The best words of each of the L + 1 rows, without the final norm, best first. A layer shares many with the next. */
const bestWordsSchema = z.object({
  /** Each text once. */
  texts: z.array(z.string()),
  /** Per row: which texts. */
  words: z.array(indices),
  /** Per row: their probabilities. */
  scores: z.array(probabilities),
});
export type BestWords = z.infer<typeof bestWordsSchema>;

const keptSchema = z.object({
  ...base,
  ...answered,
  is: z.literal('kept'),
  /** Per knockout the score of each centre layer; null where a set is absent from this question. */
  curves: z.array(probabilities.nullable()),
  lens: z.object({
    words: z.array(z.string()),
    /** Per word L + 1 probabilities. */
    without_norm: z.array(probabilities),
    with_norm: z.array(probabilities),
    best: bestWordsSchema.optional(),
  }),
  /** What is wrong with the row's boxes, where a knockout that asks for them has no curve for it. */
  lost: z.string().optional(),
});
const droppedSchema = z.object({ ...base, ...answered, is: z.literal('dropped') });
const failedSchema = z.object({ ...base, is: z.literal('failed'), error: z.string() });

export const recordSchema = z.discriminatedUnion('is', [keptSchema, droppedSchema, failedSchema]);
/** A question answered rightly, with its curves. All numbers are shortest32(). */
export type KeptRecord = z.infer<typeof keptSchema>;
/** A question answered wrongly: left out of the study. */
export type DroppedRecord = z.infer<typeof droppedSchema>;
/** A question that could not be asked. Tried again by the next run. */
export type FailedRecord = z.infer<typeof failedSchema>;
export type RowRecord = z.infer<typeof recordSchema>;
export type RecordKind = RowRecord['is'];
