import type { ModelSpec } from '../checkpoint/spec';
import { problemError } from '../experiment/problems';
import { sourceOfStudy } from './parse';
import type { Study } from './types';

/** Throws CrossflowError `usage` when a knockout names a head that the model has not. */
export function checkFacts(study: Study, { decoder, directory }: Pick<ModelSpec, 'decoder' | 'directory'>): void {
  const source = sourceOfStudy(study);
  const list = source.node(['knockouts'])?.children ?? [];
  list.forEach((_, i) => {
    for (const node of source.node(['knockouts', i, 'heads'])?.children ?? []) {
      if (Number(node.value) < decoder.heads) continue;
      const hint = `${directory} has heads 0 to ${decoder.heads - 1}`;
      throw problemError(
        source.problem('head-out-of-range', node, `head ${String(node.value)} does not exist`, { hint }),
        study.file,
      );
    }
  });
}
