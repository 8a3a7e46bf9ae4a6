/** What a session knows that an experiment's text cannot: its model, and what its sets hold. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { blocking } from '../../core/experiment/edges';
import { wrongKnockouts, type ModelFacts } from '../../core/experiment/facts';
import type { Experiment, Knockout } from '../../core/experiment/types';
import { wanted } from './plan';
import type { Shown } from './shown';

/** Undefined until the model is loaded. What the example has is told only of an example of this very text. */
export function factsOf({ model, example, asked }: Shown, experiment: Experiment): ModelFacts | undefined {
  if (!model) return undefined;
  const { layers, heads, family, sized } = model;
  const known = { layers, heads, family, sized };
  const question = wanted(experiment, [])?.question;
  const same = asked && isDeepStrictEqual(asked.model, experiment.model) && isDeepStrictEqual(asked.question, question);
  if (!example || !same) return known;
  const sets = Object.entries(example.sets);
  const last = example.tokens.length - 1;
  return {
    ...known,
    imageTokens: example.imageTokens,
    sets: Object.fromEntries(sets.map(([name, positions]) => [name, positions.length])),
    holdLast: sets.flatMap(([name, positions]) => (positions.includes(last) ? [name] : [])),
  };
}

/** The knockouts that can be computed: their sets exist and hold something, their heads are the model's. */
export function computableOf(experiment: Experiment, shown: Shown): readonly Knockout[] {
  const facts = factsOf(shown, experiment);
  const wrong = facts ? wrongKnockouts(experiment, facts) : new Set<number>();
  return blocking(
    experiment.knockouts.filter((_, i) => !wrong.has(i)),
    shown.example?.sets ?? {},
  );
}
