/** What configs of all families share. */
import { z } from 'zod';
import { usage } from '../../errors';
import type { Activation } from '../../spec';

/** No supported model comes near it; keeps sizes computed from a damaged config finite. */
const LARGEST = 2 ** 31;
export const count = z.number().int().positive().max(LARGEST);
export const tokenId = z.number().int().nonnegative().max(LARGEST);
export const tokenIds = z.union([tokenId, z.array(tokenId)]);
/** A side, or `[height, width]`. */
export const square = z.union([count, z.array(count).min(1).max(2)]);

export function sideOf(value: number | readonly number[], key: string, file: string): number {
  const [height, width = height] = [value].flat();
  if (height === undefined || height !== width) throw usage(`${key} is not square`, file, 'only squares are supported');
  return height;
}

/** bitsandbytes, GPTQ, AWQ and so on store other numbers than the weights themselves. */
export function refuseQuantized(value: unknown, key: string, file: string): void {
  if (value == null) return;
  throw usage(`${key}: quantised checkpoints are not supported`, file, 'use the checkpoint in f32, f16 or bf16');
}

/** transformers ACT2FN names of the activations that are supported. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  quick_gelu: 'quick_gelu',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  silu: 'silu',
  swish: 'silu',
  relu: 'relu',
};

export function parseActivation(name: string, key: string, file: string): Activation {
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (activation !== undefined) return activation;
  const hint = `supported: ${Object.keys(ACTIVATIONS).join(', ')}`;
  throw usage(`${key} is "${name}", which is not supported`, file, hint);
}
