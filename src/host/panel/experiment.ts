/** What the panel is told about the config. Pure. */
import { sourceOf } from '../../core/experiment/parse';
import type { Problem } from '../../core/experiment/problems';
import type { Experiment } from '../../core/experiment/types';
import { DEFAULT_WINDOW } from '../../core/experiment/types';
import { asksOf, wanted } from '../live/plan';
import type { PanelExperiment } from '../../protocol/panel';

/** The set that the first click on the picture makes. */
export const FIRST_SET = 'clicked';

export interface PanelFacts {
  readonly title: string;
  readonly uri: string;
  readonly experiment: Experiment | undefined;
  readonly problems: readonly Problem[];
  readonly activeSet: string;
  readonly restricted: boolean;
  readonly image?: string;
}

export function panelExperiment({ experiment, problems, ...facts }: PanelFacts): PanelExperiment {
  const subject = experiment?.subject;
  const want = experiment && wanted(experiment, []);
  const question = subject?.kind === 'question' ? subject : undefined;
  return {
    ...facts,
    asks: want ? asksOf(want) : '',
    model: experiment ? modelAsWritten(experiment) : '',
    question: question?.question ?? '',
    ...(question?.answer !== undefined && { gold: question.answer }),
    ...(question?.options && { options: question.options }),
    objects: question?.objects ?? [],
    sets: experiment?.sets ?? {},
    knockouts: experiment?.knockouts ?? [],
    window: experiment?.window ?? DEFAULT_WINDOW,
    isDataset: subject?.kind === 'dataset',
    problems: problems
      .filter((problem) => problem.severity === 'error')
      .map(({ message, hint, line }) => ({ message, line, ...(hint && { hint }) })),
  };
}

/** The path as the user wrote it; absolute ones of this machine are long and say less. */
function modelAsWritten(experiment: Experiment): string {
  const written: unknown = sourceOf(experiment).node(['model'])?.value;
  if (typeof written === 'string') return written;
  return experiment.model.kind === 'hub' ? experiment.model.id : experiment.model.path;
}
