/**
 * `report.html` and `report.md`: what was run and what came of it, for people. The HTML stands alone: pictures and
 * drawings are inside it, it needs no network and no script, and says so to the browser.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '../../engine/control';
import { failed } from '../../errors';
import { writeBeside } from '../../files/write-beside';
import type { StudyRun } from '../study-run';
import type { ReportContent, ReportFigure, RunDetails, RunPart } from './content';
import { digest, LIMITS, type RunDigest } from './digest';
import { machineFacts } from './facts';
import { curveSummaries, draw } from './figures';
import { markdownReport } from './markdown';
import { htmlReport } from './page';
import { Pictures, type Picture, type PictureSource } from './pictures';

export interface StudyReportOptions {
  /** Stands before what was run. */
  readonly title?: string;
  /** Figures of more than one run. */
  readonly overview?: readonly ReportFigure[];
  readonly detailsOf?: (run: StudyRun) => RunDetails;
  readonly signal?: AbortSignal;
  /** Left out: the clock's. */
  readonly now?: Date;
}

/** All outliers' pictures together at most: with 15 kB each they stay below 5 MB. */
const MOST_PICTURES = 240;

/**
 * Writes both reports into a folder and gives their paths. Throws CrossflowError `failed` when one cannot be written
 * (each is whole, old or new), `cancelled` when stopped.
 */
export async function writeStudyReport(
  runs: readonly StudyRun[],
  folder: string,
  options: StudyReportOptions = {},
): Promise<string[]> {
  const outliers = Math.min(LIMITS.outliers, Math.max(2, Math.floor(MOST_PICTURES / Math.max(1, runs.length))));
  const parts: RunPart[] = [];
  for (const run of runs) {
    await pause(options.signal);
    parts.push(await readPart(run, options.detailsOf?.(run) ?? {}, outliers));
  }
  const content: ReportContent = {
    title: options.title === undefined ? titleOf(runs) : `${options.title}: ${titleOf(runs)}`,
    overview: options.overview ?? [],
    parts,
    machine: machineFacts(options.now ?? new Date()),
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

async function readPart(run: StudyRun, details: RunDetails, outliers: number): Promise<RunPart> {
  const digested = digest(run, { ...LIMITS, outliers });
  const { figures, flow } = details.drawn ?? (await draw(run));
  return {
    ...digested,
    details,
    figures,
    pictures: await picturesOf(digested, details.pictures),
    curves: curveSummaries(run, flow),
  };
}

async function picturesOf(digested: RunDigest, source: PictureSource | undefined): Promise<(Picture | string)[]> {
  if (!source) return [];
  const opened = await Pictures.open(source);
  const pictures: (Picture | string)[] = [];
  for (const { record } of digested.outliers) {
    pictures.push(typeof opened === 'string' ? opened : await opened.of(record));
  }
  return pictures;
}

function titleOf(runs: readonly StudyRun[]): string {
  const [only] = runs;
  if (only && runs.length === 1) return `${only.task}, ${only.model}`;
  const distinct = (names: readonly string[]): string[] => [...new Set(names)];
  const models = distinct(runs.map((run) => run.model));
  const tasks = distinct(runs.map((run) => run.task));
  const list = (names: readonly string[], many: string): string =>
    names.length > 3 ? `${names.length} ${many}` : names.join(', ');
  return `${list(tasks, 'tasks')} on ${list(models, 'models')}`;
}
