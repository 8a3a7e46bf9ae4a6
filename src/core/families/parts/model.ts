/** Puts a ModelSpec together: what follows from the tensors that a family took. */
import type { WeightTable } from '../../checkpoint/weights';
import { isQuantized, type ModelSpec, type PromptStyle, type WeightFile } from '../../spec';
import type { CheckpointFolder } from '../family';

interface Draft extends Pick<ModelSpec, 'family' | 'layout' | 'decoder' | 'eye' | 'eosTokenIds' | 'maxTokens'> {
  readonly prompt: Omit<PromptStyle, 'imageTokenText'> & Partial<Pick<PromptStyle, 'imageTokenText'>>;
  readonly sight?: ModelSpec['sight'];
  readonly firstPosition?: number;
  /** Folders of other models that are part of it. */
  readonly companions?: readonly string[];
  /** Their tensors, where some are used. */
  readonly tables?: readonly { readonly table: WeightTable; readonly companion: string }[];
}

/** Files, parameters and type of numbers are those of the tensors that were asked for, so call it last. */
export function modelSpec(folder: CheckpointFolder, draft: Draft): ModelSpec {
  const { tables = [], prompt, ...rest } = draft;
  const all: readonly { table: WeightTable; companion?: string }[] = [{ table: folder.weights }, ...tables];
  const used = all.flatMap(({ table }) => [...table.used.values()]);
  const paths = new Set(used.map((t) => (isQuantized(t) ? t.values.file : t.file)));
  const files = all.flatMap(({ table, companion }) =>
    table.files.map((f): WeightFile => ({ ...f, ...(companion !== undefined && { companion }) })),
  );
  return {
    sight: 'causal',
    firstPosition: 0,
    companions: [],
    notes: [],
    ...rest,
    prompt: { imageTokenText: prompt.placeholder, ...prompt },
    directory: folder.path,
    dtype: draft.decoder.weights.embedding.dtype,
    files: files.filter((f) => paths.has(f.path)),
    parameters: used.reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0),
    ...(folder.quantization && { quantization: folder.quantization }),
  };
}
