/** A decoder without a vision tower, made to run: for property tests and benches of the engine. */
import type { Added } from '../../src/core/engine/cache';
import { Parts } from '../../src/core/engine/parts';
import { Positions } from '../../src/core/engine/positions';
import { Sequence } from '../../src/core/engine/sequence';
import { Sight } from '../../src/core/engine/sight';
import type { EngineOptions } from '../../src/core/engine/types';
import type { DecoderSpec, ModelSpec } from '../../src/core/spec';
import { random } from './synthetic';

/** `bytes`: what the weights are said to take (decides how they are held). `endAtOnce`: every token ends the answer, so that a clean run gives just one. */
export function decoderParts(
  decoder: DecoderSpec,
  options: EngineOptions,
  endAtOnce = false,
  bytes = 0,
): Promise<Parts> {
  const files = [{ path: decoder.weights.embedding.file, bytes }];
  const spec = {
    decoder,
    files,
    directory: 'synthetic',
    eosTokenIds: endAtOnce ? Array.from({ length: decoder.vocab }, (_, i) => i) : [0],
  } as unknown as ModelSpec;
  return Parts.create(spec, options);
}

let made = 0;
/**
 * A sequence of random rows; `prefix` of them stand for the image and what is before it. `given`: who sees whom, where
 * rows stand, what is added to the picture's rows; the key and the question of another sequence on the same picture.
 */
export function randomSequence(
  parts: Parts,
  length: number,
  prefix: number,
  seed: number,
  given: {
    readonly sight?: Sight;
    readonly positions?: Positions;
    readonly added?: Added;
    readonly prefixKey?: string;
    readonly question?: number;
  } = {},
): Sequence {
  const { hidden } = parts.decoder.spec;
  const { sight = new Sight(), positions = new Positions(), added, question } = given;
  const next = random(seed);
  const rows = Float32Array.from({ length: length * hidden }, () => (next() - 0.5) * 3);
  if (question !== undefined) {
    const other = random(question);
    for (let i = prefix * hidden; i < rows.length; i++) rows[i] = (other() - 0.5) * 3;
  }
  const shared = sight.cut(prefix);
  const additions = added && { added };
  return new Sequence(parts, {
    length,
    prefix: shared,
    prefixKey: given.prefixKey ?? `random ${made++}`,
    sight,
    positions,
    prefixRows: async () => ({ rows: rows.subarray(0, shared * hidden), ...(shared > 0 && additions) }),
    textRows: async () => ({ rows: rows.subarray(shared * hidden), ...(shared === 0 && additions) }),
  });
}
