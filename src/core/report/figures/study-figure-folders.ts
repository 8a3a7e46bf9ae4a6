/** All figures of a study. */
import { keptOf } from '../../journal/record';
import { cancelled } from '../../errors';
import { safeNames } from '../file-names';
import { runStatistics, type RunStatistics } from '../statistics/run-statistics';
import { runFigures, type FigureOptions, type NamedFigure } from './study-figures';
import type { StudyRun } from '../study-run';
import { modelFigures, type ModelResult } from './compare-models';

export interface StudyFigureOptions extends FigureOptions {
  readonly signal?: AbortSignal;
  /** `done` of `total` folders of figures are written. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Figures that belong into one folder. */
export interface FigureFolder {
  /** Relative, with `/`: `TASK/MODEL` for a run, `TASK` for what compares its models. Safe, and unlike any other. */
  readonly folder: string;
  /** Of a run; left out where models are compared. */
  readonly of?: { readonly run: StudyRun; readonly statistics: RunStatistics };
  readonly task: string;
  readonly figures: readonly NamedFigure[];
}

/**
 * The figures of a study, folder by folder: each run's, and after the runs of a task what compares its models. Results and
 * seed alone decide on them. Throws CrossflowError `cancelled` when stopped.
 */
export function* studyFigureFolders(
  runs: readonly StudyRun[],
  options: StudyFigureOptions = {},
): Generator<FigureFolder> {
  const models = distinct(runs.map((run) => run.model));
  const tasks = distinct(runs.map((run) => run.task));
  const [modelFolders, taskFolders] = [safeNames(models), safeNames(tasks)];
  for (const [t, task] of tasks.entries()) {
    const those = runs.filter((run) => run.task === task);
    const labels = numbered(those.map((run) => run.model));
    const folders = safeNames(those.map((run) => modelFolders[models.indexOf(run.model)]));
    const results: ModelResult[] = [];
    for (const [i, run] of those.entries()) {
      if (options.signal?.aborted) throw cancelled();
      const { header } = run;
      const statistics = runStatistics(header, keptOf(run.records()), options);
      const { layers } = header.about.model;
      // Two runs of one model differ in their place too, or their curves would look alike.
      const place = models.indexOf(run.model) + (labels[i] === run.model ? 0 : models.length + i);
      results.push({ label: labels[i], place, layers, knockouts: header.about.knockouts, statistics });
      yield {
        folder: `${taskFolders[t]}/${folders[i]}`,
        of: { run, statistics },
        task,
        figures: runFigures(header, statistics, options),
      };
    }
    yield { folder: taskFolders[t], task, figures: modelFigures(task, results) };
  }
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)];

/** `a`, `b`, `a (2)`. */
function numbered(names: readonly string[]): string[] {
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
