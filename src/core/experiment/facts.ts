/** Checks that need to know the model, as a pure function over facts about it. */
import type { ModelSpec } from '../spec';
import { noLimits } from '../vision/eye';
import { nearest } from '../words/nearest';
import { explainAbsent } from '../prompt/set-names';
import { sourceOf } from './parse';
import type { Problem } from './problems';
import { dropsAnswer, KEEP_ANSWER } from './edges';
import { knockoutReferences } from './references';
import { knockoutSets, type Experiment, type SetDefinition } from './types';
import { replace } from './wording';

export interface ModelFacts {
  readonly layers: number;
  readonly heads: number;
  /** The model's name for its family, and whether an experiment can set how many pixels it sees of a picture. */
  readonly family?: string;
  readonly sized?: boolean;
  /** Image tokens of the prepared example: patch numbers lie below. */
  readonly imageTokens?: number;
  /** Number of tokens by set, once an example is prepared. */
  readonly sets?: Readonly<Record<string, number>>;
  /** The sets with the last position in them: without it there is no answer to read. */
  readonly holdLast?: readonly string[];
}

/** What a checkpoint says before anything is asked of it. */
export const factsOfModel = ({ decoder, eye, family }: Pick<ModelSpec, 'decoder' | 'eye' | 'family'>): ModelFacts => ({
  layers: decoder.layers,
  heads: decoder.heads,
  family,
  sized: eye.limits !== undefined,
});

/** The places in the list of the knockouts that this model cannot compute. */
export function wrongKnockouts(experiment: Experiment, facts: ModelFacts): ReadonlySet<number> {
  const wrong = experiment.knockouts.flatMap((_, i) =>
    knockoutProblems(experiment, i, facts).some(({ severity }) => severity === 'error') ? [i] : [],
  );
  return new Set(wrong);
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
    problems.push(...knockoutProblems(experiment, i, facts));
  });
  if (experiment.pixels && facts.sized === false) {
    const message = noLimits(facts.family ?? 'this model');
    problems.push(source.problem('wrong-value', source.valueRange(['pixels']), message, { hint: 'remove "pixels"' }));
  }
  if (facts.imageTokens !== undefined) problems.push(...patchProblems(experiment, facts.imageTokens));
  return problems.sort((a, b) => a.offset - b.offset);
}

/** What keeps a knockout from being computed: heads, sets, and rows that the answer is read from. */
function knockoutProblems(experiment: Experiment, index: number, facts: ModelFacts): Problem[] {
  const source = sourceOf(experiment);
  const knockout = experiment.knockouts[index];
  const problems: Problem[] = [];
  for (const head of (knockout.kind === 'edge' && knockout.heads) || []) {
    if (head < facts.heads) continue;
    const list = source.node(['knockouts', index, 'heads']);
    const place = list?.children?.find((child) => child.value === head) ?? source.valueRange(['knockouts', index]);
    problems.push(
      source.problem('head-out-of-range', place, `head ${head} does not exist`, {
        hint: `the model has heads 0 to ${facts.heads - 1}`,
      }),
    );
  }
  if (knockout.kind === 'prune' && facts.holdLast?.includes(knockout.of)) {
    const place = source.node(['knockouts', index, 'prune']) ?? source.valueRange(['knockouts', index]);
    problems.push(source.problem('wrong-value', place, dropsAnswer(knockout.of), { hint: KEEP_ANSWER }));
  }
  if (facts.sets) problems.push(...setsOf(experiment, index, facts.sets));
  return problems;
}

function setsOf(experiment: Experiment, index: number, sets: Readonly<Record<string, number>>): Problem[] {
  const source = sourceOf(experiment);
  // An experiment that came from another process has no text; its names are still checked.
  const references = source.root
    ? knockoutReferences(source, index)
    : knockoutSets(experiment.knockouts[index]).map((name) => ({ name, range: { offset: 0, length: 0 } }));
  return references.flatMap(({ name, range }): Problem[] => {
    const own = Object.hasOwn(experiment.sets, name) ? experiment.sets[name] : undefined;
    if (!Object.hasOwn(sets, name)) {
      // Of a set of the file's own the definition says what is wrong, at its own place.
      if (own) {
        const message = own.kind === 'text' ? notThere(own) : `set "${name}" cannot be found for this question`;
        return [source.problem('unknown-set', range, message)];
      }
      const why = explainAbsent(name);
      const near = why === undefined ? nearest(name, Object.keys(sets)) : undefined;
      return [
        source.problem('unknown-set', range, `set "${name}" does not exist for this question`, {
          hint:
            why !== undefined
              ? `it ${why}`
              : near
                ? `did you mean "${near}"?`
                : `there are ${Object.keys(sets).join(', ')}`,
          ...(near && { fixes: [replace(range, near, source)] }),
        }),
      ];
    }
    // The parser has warned of a patch set without patches.
    const waits = own?.kind === 'patches' && own.patches.length === 0;
    return sets[name] === 0 && !waits
      ? [source.problem('empty-set', range, `set "${name}" is empty, so there is nothing to block`)]
      : [];
  });
}

const notThere = ({ text, nth }: Extract<SetDefinition, { kind: 'text' }>): string =>
  `"${text}" does not stand after the image${nth === 1 ? '' : ` ${nth} times`}`;

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
