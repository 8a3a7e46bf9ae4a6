/** `crossflow study plot` and `crossflow study report`: what is made of the results. */
import { usage } from '../core/errors';
import { studyRuns, TABLES, writeTables } from '../core/study/results';
import { mergeRun } from '../core/study/merge';
import type { PlannedRun, Study } from '../core/study/types';
import { interruptSignal } from './interrupt';
import { progressBar, type Bar } from './progress';
import { print } from './streams';
import { load, type StudyFlags } from './study-load';

export interface PlotOptions extends StudyFlags {
  readonly tablesOnly?: boolean;
}

export async function plot(file: string, options: PlotOptions): Promise<number> {
  const signal = interruptSignal();
  const { study, runs } = await load(file, options);
  const bar = await progressBar();
  try {
    const files = await tablesAndFigures(study, runs, options, bar, signal);
    bar.stop();
    await printFiles(files, options);
    return 0;
  } finally {
    bar.stop();
  }
}

export async function report(file: string, options: PlotOptions): Promise<number> {
  const { study, runs } = await load(file, options);
  const files = await studyReport(study, merged(study, runs));
  await printFiles(files, options);
  return 0;
}

/** All that is made of a study's results once it has run. */
export async function plotAll(study: Study, options: PlotOptions, bar: Bar, signal: AbortSignal): Promise<string[]> {
  const files = await tablesAndFigures(study, study.runs, options, bar, signal);
  bar.update('report', 0, 1);
  return [...files, ...(await studyReport(study, merged(study, study.runs)))];
}

/** The runs that have results, merged. Throws CrossflowError `usage` when none has. */
function merged(study: Study, runs: readonly PlannedRun[]): PlannedRun[] {
  const there = runs.filter((run) => mergeRun(study, run) !== undefined);
  if (there.length === 0) throw usage('no results yet', study.output, 'run the study first');
  return there;
}

async function tablesAndFigures(
  study: Study,
  runs: readonly PlannedRun[],
  { tablesOnly }: PlotOptions,
  bar: Bar,
  signal: AbortSignal,
): Promise<string[]> {
  const there = merged(study, runs);
  const results = studyRuns(study, there);
  const files: string[] = [];
  for (const [i, run] of there.entries()) {
    bar.update('tables', i, there.length);
    files.push(...(await writeTables(run, results[i], signal)));
  }
  if (tablesOnly) return files;
  bar.update('figures', 0, 1);
  return files;
}

async function studyReport(study: Study, runs: readonly PlannedRun[]): Promise<string[]> {
  const { writeStudyReport } = await import('../core/report/html/report');
  const results = studyRuns(study, runs);
  const planned = new Map(results.map((result, i) => [result, runs[i]]));
  return writeStudyReport(results, study.output, {
    title: study.name,
    detailsOf(result) {
      const run = planned.get(result);
      if (!run) return {};
      const { subject } = run.experiment;
      const wanted = Math.min(subject.limit ?? Infinity, result.header.about.rows);
      const files = TABLES.map((name) => `${run.id}/${name}`);
      return { pictures: { dataset: subject }, files, wanted };
    },
  });
}

async function printFiles(files: readonly string[], { json }: StudyFlags): Promise<void> {
  await print(json ? JSON.stringify(files) + '\n' : files.map((file) => `${file}\n`).join(''));
}
