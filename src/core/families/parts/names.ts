/** Names of tensors, and refs by them. */
import type { WeightTable } from '../../checkpoint/weights';
import { usage } from '../../errors';
import type { Activation, BlockRef, LinearRef, NormRef, TensorRef } from '../../spec';

export const linear = (w: WeightTable, name: string, out: number, input: number, bias: boolean): LinearRef => ({
  weight: w.matrix(`${name}.weight`, [out, input]),
  ...(bias ? { bias: w.get(`${name}.bias`, [out]) } : {}),
});

/** A norm's weight, and with `bias` its bias: `[width]` each. */
export const norm = (w: WeightTable, name: string, width: number, bias = false): NormRef => ({
  weight: w.get(`${name}.weight`, [width]),
  ...(bias ? { bias: w.get(`${name}.bias`, [width]) } : {}),
});

/** Rows `first` up to `first + count` of a stored tensor. */
function rowsOf(whole: TensorRef, first: number, count: number): TensorRef {
  const bytes = whole.length / (whole.shape[0] ?? 1);
  const shape = [count, ...whole.shape.slice(1)];
  return { ...whole, shape, offset: whole.offset + first * bytes, length: count * bytes, whole };
}

/** Query, key and value of one matrix `[3 * width, width]` with a bias `[3 * width]`. */
export function fusedQkv(w: WeightTable, name: string, width: number): Pick<BlockRef, 'query' | 'key' | 'value'> {
  const weight = w.get(`${name}.weight`, [3 * width, width]);
  const bias = w.get(`${name}.bias`, [3 * width]);
  const part = (i: number): LinearRef => ({
    weight: rowsOf(weight, i * width, width),
    bias: rowsOf(bias, i * width, width),
  });
  return { query: part(0), key: part(1), value: part(2) };
}

/** The blocks that CLIP and SigLIP have alike, by the names transformers gives them. */
export function vitBlocks(
  w: WeightTable,
  prefix: string,
  count: number,
  { hidden, intermediate, activation }: { hidden: number; intermediate: number; activation: Activation },
): BlockRef[] {
  return Array.from({ length: count }, (_, l) => {
    const at = `${prefix}${l}`;
    return {
      norm1: norm(w, `${at}.layer_norm1`, hidden, true),
      query: linear(w, `${at}.self_attn.q_proj`, hidden, hidden, true),
      key: linear(w, `${at}.self_attn.k_proj`, hidden, hidden, true),
      value: linear(w, `${at}.self_attn.v_proj`, hidden, hidden, true),
      output: linear(w, `${at}.self_attn.out_proj`, hidden, hidden, true),
      norm2: norm(w, `${at}.layer_norm2`, hidden, true),
      mlp: {
        kind: 'plain',
        first: linear(w, `${at}.mlp.fc1`, intermediate, hidden, true),
        second: linear(w, `${at}.mlp.fc2`, hidden, intermediate, true),
        activation,
      },
    };
  });
}

/**
 * A tower with more layers than its config says would be read short of its end.
 * @param next a tensor of the layer after the last one
 * @throws CrossflowError `usage` when it is there
 */
export function refuseMoreLayers(w: WeightTable, next: string, layers: number, file: string): void {
  if (w.has(next)) throw usage(`the vision tower has more than the ${layers} layers of its config: ${next}`, file);
}

/** The token embedding, after a decoder's prefix. */
export const EMBEDDING = 'embed_tokens.weight';

/** Present in every CLIP tower and nowhere else. */
export const CLASS_EMBEDDING = 'embeddings.class_embedding';

/** The first prefix under which the folder has this tensor, or undefined. */
export const prefixOf = (weights: WeightTable, prefixes: readonly string[], tensor: string): string | undefined =>
  prefixes.find((p) => weights.has(p + tensor));

/** @throws CrossflowError `usage` that tells what was looked for and what the folder has instead */
export function noLayout(weights: WeightTable, folder: string, expected: readonly string[]): Error {
  const [first] = weights.names();
  const example = first === undefined ? 'there are none' : `the first is ${first}`;
  return usage(
    `tensor names fit no known layout: ${example}`,
    folder,
    `expected one of ${[...new Set(expected)].join(', ')}`,
  );
}
