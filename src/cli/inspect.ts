/** `crossflow inspect`: what a checkpoint is and what it will take, without loading it. */
import type { Dtype, ModelSpec } from '../core/checkpoint/spec';
import { COPIED_WEIGHTS_BYTES, DEFAULT_CHUNK_BUDGET } from '../core/engine/limits';
import { modelFolder, namedModel } from './model';
import { print } from './streams';
import { bytes } from './table';

export interface InspectOptions {
  readonly json?: boolean;
}

export async function inspect(name: string, options: InspectOptions): Promise<number> {
  const folder = await modelFolder(namedModel(name));
  const { openCheckpoint } = await import('../core/checkpoint');
  const facts = factsOf(await openCheckpoint(folder));
  await print(options.json ? JSON.stringify(facts) + '\n' : describe(facts));
  return 0;
}

/**
 * Bytes a parameter takes once loaded. ONNX Runtime lays f32 weights out anew for its kernels; f16 and bf16 ones it first
 * turns into f32 and then keeps both. Measured on a decoder of 155 million parameters (1.0 and 4.2 times the file).
 */
const LOADED_BYTES: Readonly<Record<Dtype, number>> = { f32: 4, f16: 8, bf16: 8 };

function factsOf(spec: ModelSpec) {
  const { decoder, vision } = spec;
  const fileBytes = spec.files.reduce((sum, file) => sum + file.bytes, 0);
  const imageTokens = (vision.imageSize / vision.patchSize) ** 2 + (vision.select === 'full' ? 1 : 0);
  // Keys, values and residuals of every layer, in f32 (engine/cache.ts).
  const perToken = 4 * decoder.layers * (2 * decoder.kvHeads * decoder.headDim + decoder.hidden);
  return {
    family: spec.family,
    directory: spec.directory,
    layout: spec.layout,
    dtype: spec.dtype,
    parameters: spec.parameters,
    files: spec.files,
    decoder: {
      layers: decoder.layers,
      hidden: decoder.hidden,
      heads: decoder.heads,
      key_value_heads: decoder.kvHeads,
      head_size: decoder.headDim,
      intermediate: decoder.intermediate,
      vocabulary: decoder.vocab,
      positions: decoder.maxPositions,
    },
    vision: {
      image_size: vision.imageSize,
      patch_size: vision.patchSize,
      layers_used: vision.weights.layers.length,
      hidden: vision.hidden,
      heads: vision.heads,
      image_tokens: imageTokens,
      aspect: spec.aspect,
    },
    memory: {
      file_bytes: fileBytes,
      // Larger checkpoints are used where they lie in their mapped files.
      weight_bytes: fileBytes > COPIED_WEIGHTS_BYTES ? fileBytes : spec.parameters * LOADED_BYTES[spec.dtype],
      cache_bytes_per_token: perToken,
      chunk_bytes: DEFAULT_CHUNK_BUDGET,
    },
  };
}

function describe(facts: ReturnType<typeof factsOf>): string {
  const { decoder: d, vision: v, memory: m } = facts;
  const heads =
    d.key_value_heads === d.heads ? `${d.heads} heads` : `${d.heads} heads (${d.key_value_heads} key/value)`;
  const files = facts.files.length === 1 ? '1 file' : `${facts.files.length} files`;
  const rows: [string, string][] = [
    ['model', `${facts.family}, layout ${facts.layout}`],
    ['folder', facts.directory],
    ['weights', `${count(facts.parameters)} parameters, ${facts.dtype}, ${bytes(m.file_bytes)} in ${files}`],
    ['decoder', `${d.layers} layers, width ${d.hidden}, ${heads} of ${d.head_size}, MLP ${d.intermediate}`],
    ['', `${d.vocabulary} tokens, ${d.positions} positions`],
    ['vision', `${v.layers_used} layers, width ${v.hidden}, ${v.heads} heads`],
    [
      'image',
      `${v.image_size} x ${v.image_size} pixels, patches of ${v.patch_size}, ${v.image_tokens} tokens a tile, aspect ${v.aspect}`,
    ],
    [
      'memory',
      `about ${bytes(m.weight_bytes)} weights once loaded, ${bytes(m.cache_bytes_per_token)} a token of a loaded example, ${bytes(m.chunk_bytes)} for a chunk (--memory)`,
    ],
  ];
  return rows.map(([name, value]) => `${name.padEnd(9)}${value}`).join('\n') + '\n';
}

/** `7.1 billion` */
function count(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toFixed(1)} billion`;
  return n >= 1e6 ? `${(n / 1e6).toFixed(1)} million` : String(n);
}
