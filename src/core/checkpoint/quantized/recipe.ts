/** Which weights get how many bits. */
import type { ModelSpec } from '../spec';
import type { BlockFormat } from './format';
import type { ImportSettings } from './import';

export type Kind = 'int8' | 'int4';

const EIGHT: BlockFormat = { bits: 8, blockSize: 32 };
const FOUR: BlockFormat = { bits: 4, blockSize: 32 };

export function recipe(_spec: ModelSpec, kind: Kind): ImportSettings {
  const format = kind === 'int8' ? EIGHT : FOUR;
  const isHead = (name: string): boolean => /(^|\.)lm_head\.weight$/.test(name);
  return {
    ...format,
    recipe: `${kind}, blocks of ${format.blockSize}${kind === 'int4' ? ', lm_head int8' : ''}`,
    choose: (name) => (isHead(name) ? EIGHT : format),
  };
}
