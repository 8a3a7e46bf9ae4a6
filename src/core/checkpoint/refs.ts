/** Every tensor that a spec refers to, found by walking through it: no list of a family's parts stands here. */
import { isQuantized, type DecoderLayerRef, type MatrixRef, type ModelSpec, type TensorRef } from '../spec';

/** Whether a value is a TensorRef or a QuantizedRef: what both have, and nothing else in a spec. */
const isRef = (value: object): value is MatrixRef => 'name' in value && 'shape' in value;

/** All refs under `value`, each once, in the order in which they stand. */
export function refsIn(value: unknown): MatrixRef[] {
  const found = new Set<MatrixRef>();
  const walk = (x: unknown): void => {
    if (typeof x !== 'object' || x === null) return;
    if (isRef(x)) found.add(x);
    else for (const part of Object.values(x)) walk(part);
  };
  walk(value);
  return [...found];
}

/**
 * Every tensor of floating-point numbers that a model uses, each once (a tied head counts with the embedding): tower,
 * projector and row end first, then the decoder. Of a quantised weight these are its scales; of rows it is the whole.
 */
export function tensorsOf(spec: ModelSpec): TensorRef[] {
  const refs = [...refsIn(spec.eye.tower), ...spec.eye.vectors, ...refsIn(spec.decoder.weights)];
  return [...new Set(refs.map((ref) => (isQuantized(ref) ? ref.scales : (ref.whole ?? ref))))];
}

/** What a matrix of the decoder is there for. */
export type MatrixRole =
  keyof Pick<DecoderLayerRef, 'query' | 'key' | 'value' | 'output' | 'gate' | 'up' | 'down'> | 'head';
const ROLES = ['query', 'key', 'value', 'output', 'gate', 'up', 'down'] as const satisfies readonly MatrixRole[];

/** The weight matrices of the decoder and its head with their roles, in order of use: what can be quantised. */
export function decoderRoles(
  spec: Pick<ModelSpec, 'decoder'>,
): { readonly ref: MatrixRef; readonly role: MatrixRole }[] {
  const { layers, head } = spec.decoder.weights;
  return [
    ...layers.flatMap((layer) => ROLES.map((role) => ({ ref: layer[role].weight, role }))),
    { ref: head, role: 'head' },
  ];
}

/** The same without roles. */
export const decoderMatrices = (spec: Pick<ModelSpec, 'decoder'>): MatrixRef[] =>
  decoderRoles(spec).map(({ ref }) => ref);
