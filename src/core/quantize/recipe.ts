/** Which weights get how many bits. */
import type { BlockFormat } from '../checkpoint/quantized/format';
import type { MatrixRole } from '../checkpoint/refs';
import type { ImportSettings } from './import';

export type Kind = 'int8' | 'int4';

const EIGHT: BlockFormat = { bits: 8, blockSize: 32 };
const FOUR: BlockFormat = { bits: 4, blockSize: 32 };

/**
 * Weights that stay at 8 bits in an int4 import. Queries and keys decide where attention goes, which is what knockouts
 * ask about: of all weights they cost the curves most (docs/decisions.md). The head decides every probability.
 */
const DELICATE: readonly MatrixRole[] = ['query', 'key', 'head'];

export function recipeOf(kind: Kind): ImportSettings {
  const format = kind === 'int8' ? EIGHT : FOUR;
  return {
    ...format,
    recipe: `${kind}, blocks of ${format.blockSize}${kind === 'int4' ? ', queries, keys and head int8' : ''}`,
    choose: (_name, _shape, role) => (DELICATE.includes(role) ? EIGHT : format),
  };
}
