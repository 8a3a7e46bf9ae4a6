/** Checks that need to know the model, as a pure function over facts about it. */
import { nearest } from '../prompt/nearest';
import { sourceOf } from './parse';
import type { Problem } from './problems';
import { knockoutReferences } from './references';
import { knockoutSets, type Experiment } from './types';
import { replace } from './wording';

export interface ModelFacts {
  readonly layers: number;
  readonly heads: number;
  /** Image tokens of the prepared example: patch numbers lie below. */
  readonly imageTokens?: number;
  /** Number of tokens by set, once an example is prepared. */
  readonly sets?: Readonly<Record<string, number>>;
}

/** Window larger than the model, heads, patches and sets that do not exist, sets without tokens. */
export function checkAgainstModel(experiment: Experiment, facts: ModelFacts): Problem[] {
  const source = sourceOf(experiment);
  const problems: Problem[] = [];
  const largeWindow = (path: (string | number)[], window: number) => {
    if (window <= facts.layers) return;
    const node = source.node(path);
    const value = String(facts.layers);
    const range = node ?? source.valueRange(path);
    problems.push(
      source.problem(
        'window-too-large',
        range,
        `a window of ${window} layers is larger than the model's ${facts.layers}`,
        {
          severity: 'warning',
          hint: node ? `every layer is blocked at once; at most ${value}` : `the default is ${window}; add "window"`,
          ...(node && { fixes: [replace(node, value, source)] }),
        },
      ),
    );
  };
  largeWindow(['window'], experiment.window);
  experiment.knockouts.forEach((knockout, i) => {
    if ('window' in knockout && knockout.window !== experiment.window)
      largeWindow(['knockouts', i, 'window'], knockout.window);
    for (const head of (knockout.kind === 'edge' && knockout.heads) || []) {
      if (head < facts.heads) continue;
      const list = source.node(['knockouts', i, 'heads']);
      const place = list?.children?.find((child) => child.value === head) ?? source.valueRange(['knockouts', i]);
      problems.push(
        source.problem('head-out-of-range', place, `head ${head} does not exist`, {
          hint: `the model has heads 0 to ${facts.heads - 1}`,
        }),
      );
    }
    if (facts.sets) problems.push(...setsOf(experiment, i, facts.sets));
  });
  if (facts.imageTokens !== undefined) problems.push(...patchProblems(experiment, facts.imageTokens));
  return problems.sort((a, b) => a.offset - b.offset);
}

function setsOf(experiment: Experiment, index: number, sets: Readonly<Record<string, number>>): Problem[] {
  const source = sourceOf(experiment);
  // An experiment that came from another process has no text; its names are still checked.
  const references = source.root
    ? knockoutReferences(source, index)
    : knockoutSets(experiment.knockouts[index]).map((name) => ({ name, range: { offset: 0, length: 0 } }));
  return references.flatMap(({ name, range }): Problem[] => {
    if (!Object.hasOwn(sets, name)) {
      const near = nearest(name, Object.keys(sets));
      return [
        source.problem('unknown-set', range, `set "${name}" does not exist for this question`, {
          hint: near ? `did you mean "${near}"?` : `there are ${Object.keys(sets).join(', ')}`,
          ...(near && { fixes: [replace(range, near, source)] }),
        }),
      ];
    }
    return sets[name] === 0
      ? [source.problem('empty-set', range, `set "${name}" is empty, so there is nothing to block`)]
      : [];
  });
}

function patchProblems(experiment: Experiment, imageTokens: number): Problem[] {
  const source = sourceOf(experiment);
  return Object.entries(experiment.sets).flatMap(([name, set]) => {
    if (set.kind !== 'patches') return [];
    const list = source.node(['sets', name, 'patches']);
    return set.patches
      .filter((patch) => patch >= imageTokens)
      .map((patch) => {
        const place = list?.children?.find((child) => child.value === patch) ?? source.valueRange(['sets', name]);
        return source.problem('patch-out-of-range', place, `patch ${patch} does not exist`, {
          hint: `the image has patches 0 to ${imageTokens - 1}`,
        });
      });
  });
}
