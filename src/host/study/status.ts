/** How far a study is, as a list to look through. Pure. */
import type { RunStatus, StudyStatus } from '../../core/study/status';
import { pace } from '../../core/words';

export interface StatusItem {
  readonly label: string;
  readonly description: string;
  readonly detail?: string;
}

export function statusItems({ done, total, perMinute, secondsLeft, runs }: StudyStatus): {
  readonly title: string;
  readonly items: StatusItem[];
} {
  return { title: `${done} of ${total} questions done${pace(perMinute, secondsLeft)}`, items: runs.map(itemOf) };
}

function itemOf({ model, task, done, total, kept, failed, damaged, shards, problem }: RunStatus): StatusItem {
  const at = (state: 'alive' | 'left'): number => shards.filter((shard) => shard.state === state).length;
  const notes = [
    ...(failed > 0 ? [`${failed} could not be asked`] : []),
    ...(damaged > 0 ? [`${damaged} damaged journal lines`] : []),
    ...(at('alive') > 0 ? [`${at('alive')} at work`] : []),
    ...(at('left') > 0 ? [`${at('left')} left unfinished`] : []),
    ...(problem === undefined ? [] : [problem]),
  ];
  return {
    label: `${model} on ${task}`,
    description: `${done} of ${total ?? '?'} done, ${kept} right`,
    ...(notes.length > 0 && { detail: notes.join('; ') }),
  };
}
