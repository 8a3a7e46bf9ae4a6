/** What every `crossflow study` command begins with. */
import { resolve } from 'node:path';
import type { Problem } from '../core/experiment/problems';
import { loadStudy, movedTo } from '../core/study/parse';
import { selectRuns } from '../core/study/select';
import type { PlannedRun, Study } from '../core/study/types';

export interface StudyFlags {
  readonly model?: readonly string[];
  readonly task?: readonly string[];
  readonly output?: string;
  readonly json?: boolean;
}

export async function load(
  file: string,
  { model, task, output }: StudyFlags,
  warned?: (problems: readonly Problem[]) => void,
): Promise<{ readonly study: Study; readonly runs: readonly PlannedRun[] }> {
  const written = await loadStudy(file, warned);
  const study = output === undefined ? written : movedTo(written, resolve(output));
  return { study, runs: selectRuns(study, { ...(model && { models: model }), ...(task && { tasks: task }) }) };
}
