/** Where a study's figures lie, and what tells its runs apart. */
import { safeNames } from '../../files/names';
import type { RunResults } from '../run';

/** A run among those of its task. */
export interface PlacedRun<R extends RunResults> {
  readonly run: R;
  /** Relative, with `/`: `TASK/MODEL`. Safe, and unlike any other. */
  readonly folder: string;
  /** The model's name, unlike any other of the task. */
  readonly label: string;
  /** Place among the models of the study: decides on the colour, the same in every figure. */
  readonly place: number;
}

export interface PlacedTask<R extends RunResults> {
  readonly task: string;
  /** `TASK`, for what compares its models. */
  readonly folder: string;
  readonly runs: readonly PlacedRun<R>[];
}

/** Runs by task, in the order of each task's first run. */
export function placesOf<R extends RunResults>(runs: readonly R[]): PlacedTask<R>[] {
  const models = distinct(runs.map((run) => run.model));
  const tasks = distinct(runs.map((run) => run.task));
  const [modelFolders, taskFolders] = [safeNames(models), safeNames(tasks)];
  return tasks.map((task, t) => {
    const those = runs.filter((run) => run.task === task);
    const labels = numbered(those.map((run) => run.model));
    const folders = safeNames(those.map((run) => modelFolders[models.indexOf(run.model)]));
    return {
      task,
      folder: taskFolders[t],
      runs: those.map((run, i) => ({
        run,
        folder: `${taskFolders[t]}/${folders[i]}`,
        label: labels[i],
        // Two runs of one model differ in their place too, or their curves would look alike.
        place: models.indexOf(run.model) + (labels[i] === run.model ? 0 : models.length + i),
      })),
    };
  });
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)];

/** `a`, `b`, `a (2)`. */
function numbered(names: readonly string[]): string[] {
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
