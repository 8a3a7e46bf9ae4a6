/** Plans of experiments. Of a data set some questions stand for all. */
import type { RunPlan } from '../planning/plan-types';
import type { PlanSubject, Planner, Planning } from '../planning/planner';
import { usage } from '../errors';
import type { Experiment } from '../experiment/types';
import { readDataset, toQuestion } from './rows';

/** Questions that stand for all: their tokens and pictures vary little. */
const SAMPLES = 8;

/** How many questions on how many pictures. @throws CrossflowError `usage` for what is wrong with the task file or its pictures */
async function datasetSubject(experiment: Experiment): Promise<PlanSubject> {
  const { subject, knockouts, window, method } = experiment;
  if (subject.kind !== 'dataset') throw usage('has no "dataset"', experiment.file);
  const { rows } = await readDataset(subject);
  if (rows.length === 0) throw usage('has no questions', subject.csv);
  const count = Math.min(SAMPLES, rows.length);
  const samples = Array.from({ length: count }, (_, i) => rows[Math.floor(((i + 0.5) * rows.length) / count)]);
  return {
    questions: samples.map((row) => toQuestion(row, experiment)),
    knockouts,
    window,
    method,
    many: { questions: rows.length, images: new Set(rows.map((row) => row.image)).size },
  };
}

/**
 * The plan of an experiment, or of the checkpoint alone. `lenient`: as the editor runs, which computes what can be.
 * @throws CrossflowError as the run would
 */
export async function planExperiment(
  planner: Planner,
  experiment: Experiment | undefined,
  planning: Planning & { readonly lenient?: boolean },
): Promise<RunPlan> {
  // where pictures keep their size, the largest that could come says nothing of a run: its tower alone would take hundreds of gigabytes
  if (!experiment) return planner.checkpoint(planning, planner.spec.eye.limits ? 'usual' : 'any');
  const { subject, knockouts, window, method } = experiment;
  if (subject.kind === 'dataset') return planner.run(await datasetSubject(experiment), planning);
  return planner.run(
    { questions: [subject], knockouts, window, method, ...(planning.lenient && { lenient: true }) },
    planning,
  );
}
