import { usage } from '../errors';
import { nearest } from '../words/nearest';
import type { PlannedRun, Study } from './types';

export interface Selection {
  /** Names of models and tasks; left out: all. */
  readonly models?: readonly string[];
  readonly tasks?: readonly string[];
}

/** The runs of these models and tasks. Throws CrossflowError `usage` for a name the study has not. */
export function selectRuns(study: Study, { models, tasks }: Selection): PlannedRun[] {
  const isModel = matcher('model', study.runs.map((run) => run.model), models); // prettier-ignore
  const isTask = matcher('task', study.runs.map((run) => run.task), tasks); // prettier-ignore
  return study.runs.filter((run) => isModel(run.model) && isTask(run.task));
}

function matcher(what: string, known: readonly string[], asked?: readonly string[]): (name: string) => boolean {
  if (!asked || asked.length === 0) return () => true;
  const names = [...new Set(known)];
  const wanted = asked.map((name) => {
    const found = names.find((n) => n === name) ?? names.find((n) => n.toLowerCase() === name.toLowerCase());
    if (found !== undefined) return found;
    const near = nearest(name, names);
    throw usage(`the study has no ${what} "${name}"`, undefined, near ? `did you mean "${near}"?` : names.join(', '));
  });
  return (name) => wanted.includes(name);
}
