/**
 * What a changed experiment needs anew. Pure: the old state and the new wish go in, the work comes out. Each result is
 * kept under a key that names everything it depends on, so that equal keys mean equal numbers.
 */
import {
  knockoutId,
  type Experiment,
  type Knockout,
  type QuestionInput,
  type SetDefinition,
} from '../../core/experiment/types';
import type { Curve } from '../../core/engine/types';

type Sets = Readonly<Record<string, SetDefinition>>;

export interface Wanted {
  /** Which engine. */
  readonly model: string;
  /** What the model sees: picture, prompt, processing. Clean run and lens depend on nothing else. */
  readonly seen: string;
  readonly sets: string;
  readonly question: QuestionInput;
  readonly words: readonly string[];
  readonly knockouts: readonly { readonly key: string; readonly knockout: Knockout }[];
  readonly method: 'fork' | 'full';
}

/** What is prepared in the engine and what has been computed for it. */
export interface Have {
  readonly model: string;
  readonly seen: string;
  /** Undefined when the engine must be told again, e.g. because its process is a new one. */
  readonly sets?: string;
  readonly clean: boolean;
  /** Words of the lens that is shown. */
  readonly words?: readonly string[];
  readonly curves: ReadonlyMap<string, Curve>;
}

export interface Plan {
  /** Another model or process: load it. */
  readonly open: boolean;
  /** `sets`: the same picture and prompt with other token sets; `all`: everything shown is about something else. */
  readonly prepare: 'no' | 'sets' | 'all';
  readonly clean: boolean;
  readonly lens: boolean;
  /** In the order of the config: a curve that is still right, or null. */
  readonly kept: readonly (Curve | null)[];
  /** Indices into `knockouts` that must be computed. */
  readonly compute: readonly number[];
}

/** A set's definition with everything it refers to; built-in sets depend on what the model sees alone. */
function definition(name: string, sets: Sets, path: readonly string[] = []): unknown {
  const set = Object.hasOwn(sets, name) ? sets[name] : undefined;
  if (!set || path.includes(name)) return name;
  return set.kind === 'not' ? ['not', definition(set.of, sets, [...path, name])] : set;
}

/** Everything a curve depends on beside what the model sees. */
export function curveKey(knockout: Knockout, sets: Sets, method: 'fork' | 'full'): string {
  const names = knockout.kind === 'edge' ? [knockout.from, knockout.to] : [knockout.of];
  return JSON.stringify([knockoutId(knockout), names.map((name) => definition(name, sets)), method]);
}

/** What an experiment asks, but for its sets and knockouts: equal exactly when a clean run is. */
export const asksOf = ({ model, seen }: Pick<Wanted, 'model' | 'seen'>): string => JSON.stringify([model, seen]);

/** Undefined for data sets, which have no live example. `words`: what the lens follows. */
export function wanted(experiment: Experiment, words: readonly string[]): Wanted | undefined {
  const { subject, model, method } = experiment;
  if (subject.kind !== 'question') return undefined;
  // `sets` is left out of what is seen; the gold answer is in, because the engine says whether the answer is right.
  const { kind: _, sets, ...seen } = subject;
  const question: QuestionInput = { ...seen, sets };
  return {
    model: JSON.stringify(model),
    seen: JSON.stringify(seen),
    sets: JSON.stringify(sets),
    question,
    words,
    knockouts: experiment.knockouts.map((knockout) => ({ key: curveKey(knockout, sets, method), knockout })),
    method,
  };
}

export function planRound(have: Have | undefined, want: Wanted): Plan {
  const open = have?.model !== want.model;
  const other = open || have?.seen !== want.seen;
  const kept = want.knockouts.map(({ key }) => (other ? undefined : have?.curves.get(key)) ?? null);
  const sameWords =
    have?.words?.length === want.words.length && want.words.every((word, i) => have.words?.[i] === word);
  return {
    open,
    prepare: other ? 'all' : have?.sets === want.sets ? 'no' : 'sets',
    clean: other || !have?.clean,
    lens: other || !sameWords,
    kept,
    compute: kept.flatMap((curve, i) => (curve ? [] : [i])),
  };
}
