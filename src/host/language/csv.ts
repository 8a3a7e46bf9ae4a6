/** What is wrong with the CSV of a data set, told at its key in the text before anything runs. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { readQuestions } from '../../core/dataset/rows';
import { CrossflowError } from '../../core/errors';
import { sourceOf } from '../../core/experiment/parse';
import type { Problem } from '../../core/experiment/problems';
import type { Experiment } from '../../core/experiment/types';

/** A larger file takes the editor too long at each change of the text; the run names what is wrong with it. */
const MOST_BYTES = 32e6;

/** By path: what was found when the file had this size and time. */
const known = new Map<string, { readonly tag: string; readonly found: Promise<CrossflowError | undefined> }>();

/** A column that is missing, a row that cannot be read. A file that is not there is for checkFiles(). */
export async function csvProblem(experiment: Experiment): Promise<Problem | undefined> {
  const { subject } = experiment;
  if (subject.kind !== 'dataset') return undefined;
  const info = await stat(subject.csv).catch(() => undefined);
  if (!info?.isFile() || info.size > MOST_BYTES) return undefined;
  const tag = `${info.size} ${info.mtimeMs}`;
  const before = known.get(subject.csv);
  const found = before?.tag === tag ? before.found : read(subject.csv);
  known.set(subject.csv, { tag, found });
  const error = await found;
  if (!error) return undefined;
  const { line } = error.place ?? {};
  const where = basename(subject.csv) + (line === undefined ? '' : `, line ${line}`);
  const source = sourceOf(experiment);
  return source.problem('bad-csv', source.valueRange(['dataset', 'csv']), `${where}: ${error.message}`, {
    ...(error.hint !== undefined && { hint: error.hint }),
  });
}

async function read(csv: string): Promise<CrossflowError | undefined> {
  try {
    await readQuestions(csv);
    return undefined;
  } catch (e) {
    // What else goes wrong while it is read, such as a disk that is busy, is not the text's fault.
    return e instanceof CrossflowError ? e : undefined;
  }
}
