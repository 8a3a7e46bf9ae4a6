/** Knockouts that no question of a task file can have: found before hours are spent, not after. */
import { knockoutLabel, knockoutSets, type Experiment } from '../experiment/types';
import { isSetName, SET_NEEDS, type SetNeed } from '../prompt/set-names';
import { toQuestion, type DatasetRow } from './rows';

/** Whether a knockout names a set that is made from boxes, by itself or as the rest of one. */
export function asksForObjects({ knockouts, sets }: Pick<Experiment, 'knockouts' | 'sets'>): boolean {
  const needs = (name: string, seen: readonly string[] = []): boolean => {
    if (isSetName(name)) return (SET_NEEDS[name] as readonly SetNeed[]).includes('objects');
    const definition = Object.hasOwn(sets, name) ? sets[name] : undefined;
    return definition?.kind === 'not' && !seen.includes(name) && needs(definition.of, [...seen, name]);
  };
  return knockouts.some((knockout) => knockoutSets(knockout).some((name) => needs(name)));
}

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
