/** A decoder without a vision tower, made to run: for property tests and benches of the engine. */
import type { DecoderSpec, ModelSpec } from '../../src/core/checkpoint/spec';
import { Parts } from '../../src/core/engine/parts';
import { Sequence } from '../../src/core/engine/sequence';
import type { EngineOptions } from '../../src/core/engine/types';
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
/** A sequence of random rows; `prefix` of them stand for the image and what is before it. */
export function randomSequence(parts: Parts, length: number, prefix: number, seed: number): Sequence {
  const { hidden } = parts.decoder.spec;
  const next = random(seed);
  const rows = Float32Array.from({ length: length * hidden }, () => (next() - 0.5) * 3);
  return new Sequence(parts, {
    length,
    prefix,
    prefixKey: `random ${made++}`,
    prefixRows: async () => rows.subarray(0, prefix * hidden),
    textRows: async () => rows.subarray(prefix * hidden),
  });
}
