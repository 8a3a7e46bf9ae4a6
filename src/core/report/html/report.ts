/**
 * `report.html` and `report.md`: what was run and what came of it, for people. The HTML stands alone: pictures and
 * drawings are inside it, it needs no network and no script, and says so to the browser.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failed } from '../../errors';
import { writeBeside } from '../../files/write-beside';
import type { WrittenFigure } from '../figures/write-figures';
import type { RunResults } from '../run';
import type { ReportContent, RunPart } from './content';
import { machineFacts } from './facts';
import { markdownReport } from './markdown';
import { htmlReport } from './page';

export interface ReportOptions {
  /** Stands before what was run. */
  readonly title?: string | undefined;
  /** Figures of more than one run. */
  readonly overview?: readonly WrittenFigure[];
  /** Left out: the clock's. */
  readonly now?: Date;
}

/**
 * Writes both reports into a folder and gives their paths. Throws CrossflowError `failed` when one cannot be written: each
 * is whole, old or new.
 */
export async function writeReport(
  parts: readonly RunPart[],
  folder: string,
  { title, overview = [], now = new Date() }: ReportOptions = {},
): Promise<string[]> {
  const what = titleOf(parts.map((part) => part.run));
  const content: ReportContent = {
    title: title === undefined ? what : `${title}: ${what}`,
    overview,
    parts,
    machine: machineFacts(now),
  };
  await mkdir(folder, { recursive: true }).catch((e: unknown) => {
    throw failed(`cannot be made: ${(e as Error).message}`, folder);
  });
  const files = { 'report.html': htmlReport(content), 'report.md': markdownReport(content) };
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    writeBeside(path, [text]);
    return path;
  });
}

function titleOf(runs: readonly RunResults[]): string {
  const [only] = runs;
  if (only && runs.length === 1) return `${only.task}, ${only.model}`;
  const distinct = (names: readonly string[]): string[] => [...new Set(names)];
  const models = distinct(runs.map((run) => run.model));
  const tasks = distinct(runs.map((run) => run.task));
  const list = (names: readonly string[], many: string): string =>
    names.length > 3 ? `${names.length} ${many}` : names.join(', ');
  return `${list(tasks, 'tasks')} on ${list(models, 'models')}`;
}
