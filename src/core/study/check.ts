import { checkAgainstModel } from '../experiment/facts';
import type { ModelSpec } from '../spec';
import type { Problem } from '../experiment/problems';
import { sourceOfStudy } from './parse';
import type { Study } from './types';

type Path = (string | number)[];

/** Heads that a model has not, and as warnings windows that are larger than it, at their places in the study's text. */
export function checkFacts(study: Study, { decoder, directory }: Pick<ModelSpec, 'decoder' | 'directory'>): Problem[] {
  if (study.kind === 'dataset') return study.runs.flatMap(({ experiment }) => checkAgainstModel(experiment, decoder));
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
  return [...noHeads, ...tooLarge];
}
