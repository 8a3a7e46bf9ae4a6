/** Knockouts that no question of a task file can have: found before hours are spent, not after. */
import { knockoutLabel, knockoutSets, type Experiment } from '../experiment/types';
import { isSetName, SET_NEEDS, type SetNeed } from '../prompt/set-names';
import { toQuestion, type DatasetRow } from './rows';

/** A line for each such knockout, with what the file lacks. Sets that hang on the model or on texts are not judged. */
export function absentKnockouts(rows: readonly DatasetRow[], experiment: Experiment): string[] {
  const questions = rows.map((row) => toQuestion(row, experiment));
  const lacking: Partial<Record<SetNeed, string>> = {
    ...(!questions.some((q) => q.objects) && { objects: 'a box: "central object x", "… y", "… w", "… h"' }),
    ...(!questions.some((q) => q.options) && { options: '"true option" and "false option" that its question has' }),
    ...(!questions.some((q) => q.objectName) && { objectName: 'a "central object name" that its question has' }),
  };
  const lines = experiment.knockouts.flatMap((knockout) => {
    const lacks = knockoutSets(knockout).flatMap((set) =>
      isSetName(set) ? SET_NEEDS[set].flatMap((need) => (lacking[need] ? [{ set, what: lacking[need] }] : [])) : [],
    );
    return lacks
      .slice(0, 1)
      .map(({ set, what }) => `${knockoutLabel(knockout)} has no curve: no question has "${set}" (no row has ${what})`); // prettier-ignore
  });
  // Of several windows one is enough.
  return [...new Set(lines)];
}
