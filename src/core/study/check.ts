import { isDeepStrictEqual } from 'node:util';
import { checkAgainstModel, factsOfModel } from '../experiment/facts';
import type { ModelSpec } from '../spec';
import type { Problem } from '../experiment/problems';
import type { Experiment } from '../experiment/types';
import { noLimits } from '../vision/eye';
import { sourceOfStudy } from './parse';
import type { Study } from './types';

type Path = (string | number)[];

/** Limits and heads that a model has not, and as warnings windows that are larger than it, at their places in the study's text. */
export function checkFacts(
  study: Study,
  model: Experiment['model'],
  spec: Pick<ModelSpec, 'decoder' | 'directory' | 'eye' | 'family'>,
): Problem[] {
  if (study.kind === 'dataset') {
    return study.runs.flatMap(({ experiment }) => checkAgainstModel(experiment, factsOfModel(spec)));
  }
  const { decoder, directory } = spec;
  const source = sourceOfStudy(study);
  // All runs have the same.
  const knockouts = study.runs[0]?.experiment.knockouts ?? [];
  const itemsOf = (path: Path): Path[] => (source.node(path)?.children ?? []).map((_, i) => [...path, i]);
  const written = itemsOf(['knockouts']);
  /** The first of these places where the number stands. */
  const find = (value: number, paths: readonly Path[]) =>
    paths.map((path) => source.node(path)).find((node) => node?.value === value);

  const heads = new Set(knockouts.flatMap((k) => (k.kind === 'edge' && k.heads) || []));
  const noHeads = [...heads].flatMap((head): Problem[] => {
    if (head < decoder.heads) return [];
    const place = find(
      head,
      written.flatMap((path) => itemsOf([...path, 'heads'])),
    );
    const hint = `${directory} has heads 0 to ${decoder.heads - 1}`;
    const range = place ?? source.valueRange(['knockouts']);
    return [source.problem('head-out-of-range', range, `head ${head} does not exist`, { hint })];
  });
  const windows = new Set(knockouts.flatMap((k) => ('window' in k ? k.window : [])));
  const tooLarge = [...windows].flatMap((window): Problem[] => {
    if (window <= decoder.layers) return [];
    const place = find(window, [...itemsOf(['windows']), ...written.map((path) => [...path, 'window'])]);
    const hint = place ? 'every layer is blocked at once' : `the default is ${window}; add "windows"`;
    const message = `a window of ${window} layers is larger than the ${decoder.layers} of ${directory}`;
    const range = place ?? source.valueRange(['windows']);
    return [source.problem('window-too-large', range, message, { severity: 'warning', hint })];
  });
  const own = study.runs.find(({ experiment }) => isDeepStrictEqual(experiment.model, model))?.experiment;
  const hint = 'give "pixels" to the models that can have it alone';
  const unsized =
    own?.pixels && !spec.eye.limits
      ? [source.problem('wrong-value', source.valueRange(['pixels']), noLimits(own.model.kind === 'hub' ? own.model.id : spec.directory), { hint })] // prettier-ignore
      : [];
  return [...unsized, ...noHeads, ...tooLarge];
}
