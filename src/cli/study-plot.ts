/** `crossflow study plot` and `crossflow study report`: what is made of the results. */
import { pause } from '../core/engine/control';
import { CrossflowError, usage } from '../core/errors';
import type { DrawnStudy } from '../core/report/figures/draw-study';
import type { Palette } from '../core/report/figures/labels';
import type { StudyRun } from '../core/report/study-run';
import { TABLES } from '../core/report/tables/tables';
import { mergeRun } from '../core/study/merge';
import { studyRuns, writeResults } from '../core/study/results';
import type { Sight } from '../core/report/html/pictures';
import type { PlannedRun, Study } from '../core/study/types';
import { listed } from './files';
import { interruptSignal } from './interrupt';
import { progressBar, type Bar } from './progress';
import { plain, reportAll } from './report';
import { print } from './streams';
import { load, type StudyFlags } from './study-load';

export interface PlotFlags extends StudyFlags {
  readonly tablesOnly?: boolean;
  readonly palette?: Palette;
}

/** A study's runs that have results, and what is told while they are worked on. */
interface Work {
  readonly study: Study;
  readonly runs: readonly PlannedRun[];
  /** Of each run. */
  readonly results: readonly StudyRun[];
  readonly bar: Bar;
  readonly signal: AbortSignal;
}

export const plot = (file: string, options: PlotFlags): Promise<number> =>
  make(file, options, async (work) => [
    ...(await tables(work)),
    ...(options.tablesOnly ? [] : (await figures(work, options.palette)).files),
  ]);

export const report = (file: string, options: PlotFlags): Promise<number> =>
  make(file, options, async (work) => {
    const drawn = await figures(work, options.palette);
    return [...drawn.files, ...(await writeReport(work, drawn))];
  });

/** All that is made of a study's results once it has run, those of runs that were not chosen included; gives the paths. */
export async function plotAll(study: Study, bar: Bar, signal: AbortSignal): Promise<string[]> {
  const { work } = await workOn(study, study.runs, bar, signal);
  const files = await tables(work);
  const drawn = await figures(work);
  return [...files, ...drawn.files, ...(await writeReport(work, drawn))];
}

async function make(file: string, options: StudyFlags, files: (work: Work) => Promise<string[]>): Promise<number> {
  const signal = interruptSignal();
  const { study, runs } = await load(file, options);
  const bar = await progressBar();
  try {
    const { work, code } = await workOn(study, runs, bar, signal);
    const made = await files(work);
    bar.stop();
    await print(
      options.json
        ? JSON.stringify(made) + '\n'
        : listed(made)
            .map((line) => plain(line) + '\n')
            .join(''),
    );
    return code;
  } finally {
    bar.stop();
  }
}

/**
 * Merges what is there. Runs whose results are of other settings, or that somebody else merges, are left out with a line
 * each; `code`: the exit code for that. Throws CrossflowError `usage` when no run has results, `failed` when the disk does.
 */
async function workOn(
  study: Study,
  chosen: readonly PlannedRun[],
  bar: Bar,
  signal: AbortSignal,
): Promise<{ readonly work: Work; readonly code: number }> {
  const runs: PlannedRun[] = [];
  const problems: CrossflowError[] = [];
  for (const [i, run] of chosen.entries()) {
    bar.update('merging', i, chosen.length);
    await pause(signal);
    try {
      if (mergeRun(study, run)) runs.push(run);
    } catch (e) {
      if (!(e instanceof CrossflowError && e.kind === 'usage')) throw e;
      problems.push(e);
    }
  }
  if (runs.length === 0) throw problems[0] ?? usage('no results yet', study.output, 'run the study first');
  bar.stop();
  const code = reportAll(problems);
  return { work: { study, runs, results: studyRuns(study, runs), bar, signal }, code };
}

async function tables({ runs, bar, signal }: Work): Promise<string[]> {
  const files: string[] = [];
  for (const [i, run] of runs.entries()) {
    bar.update('tables', i, runs.length);
    files.push(...(await writeResults(run, signal)));
  }
  return files;
}

async function figures({ study, results, bar, signal }: Work, palette?: Palette): Promise<DrawnStudy> {
  const { drawStudy } = await import('../core/report/figures/draw-study');
  return drawStudy(results, study.output, {
    signal,
    ...(palette && { palette }),
    onProgress: (done, total) => bar.update('figures', done, total),
  });
}

async function writeReport({ study, runs, results, bar, signal }: Work, drawn: DrawnStudy): Promise<string[]> {
  bar.update('report', 0, 1);
  const [{ writeStudyReport }, { localSight }] = await Promise.all([
    import('../core/report/html/report'),
    import('../core/report/html/pictures'),
  ]);
  const planned = new Map(results.map((result, i) => [result, runs[i]]));
  const sights = new Map<PlannedRun, Sight | undefined>();
  for (const run of runs) sights.set(run, await localSight(run.experiment));
  return writeStudyReport(results, study.output, {
    title: study.name,
    overview: drawn.overview,
    signal,
    detailsOf(result) {
      const run = planned.get(result);
      if (!run) return {};
      const { subject } = run.experiment;
      const sight = sights.get(run);
      const figures = drawn.byRun.get(result);
      return {
        pictures: { dataset: subject, ...(sight && { sight }) },
        ...(figures && { drawn: figures }),
        files: TABLES.map((name) => `${run.id}/${name}`),
        wanted: Math.min(subject.limit ?? Infinity, result.header.about.rows),
      };
    },
  });
}
