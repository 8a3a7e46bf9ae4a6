/** What the panel is told about the config. Pure. */
import type { Problem } from '../../core/experiment/problems';
import type { Experiment } from '../../core/experiment/types';
import { DEFAULT_WINDOW } from '../../core/experiment/types';
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
  const question = subject?.kind === 'question' ? subject : undefined;
  return {
    ...facts,
    model: experiment ? (experiment.model.kind === 'hub' ? experiment.model.id : experiment.model.path) : '',
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
