/**
 * Checkpoints with the real shapes of published models and random weights, for benches. Fewer layers of the decoder, as
 * the caller says: everything else (vision tower, projector, vocabulary, image tokens) is as in the model itself.
 */
import { open, mkdir, copyFile, writeFile, type FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import { DTYPE_BYTES, type Dtype } from '../../src/core/spec';
import { writeJson } from './checkpoints';
import { repositoryRoot } from './golden';
import { encode, random } from './synthetic';

export interface FullShape {
  /** The published model whose shapes these are. */
  readonly model: string;
  readonly family: 'llava' | 'llava_next';
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly intermediate: number;
  readonly vocab: number;
  readonly ropeTheta: number;
  readonly vision: {
    readonly hidden: number;
    readonly heads: number;
    readonly intermediate: number;
    readonly layers: number;
    readonly size: number;
    readonly patch: number;
  };
}

/** openai/clip-vit-large-patch14-336 */
const CLIP_L = { hidden: 1024, heads: 16, intermediate: 4096, layers: 24, size: 336, patch: 14 };

export const FULL_SHAPES = {
  /** llava-hf/llava-1.5-7b-hf; 32 layers */
  '7b': {
    model: 'LLaVA-1.5-7b',
    family: 'llava',
    layers: 32,
    hidden: 4096,
    heads: 32,
    kvHeads: 32,
    intermediate: 11008,
    vocab: 32064,
    ropeTheta: 10000,
    vision: CLIP_L,
  },
  /** llava-hf/llava-1.5-13b-hf; 40 layers */
  '13b': {
    model: 'LLaVA-1.5-13b',
    family: 'llava',
    layers: 40,
    hidden: 5120,
    heads: 40,
    kvHeads: 40,
    intermediate: 13824,
    vocab: 32064,
    ropeTheta: 10000,
    vision: CLIP_L,
  },
  /** llava-hf/llama3-llava-next-8b-hf; 32 layers */
  '8b': {
    model: 'Llama3-LLaVA-NeXT-8b',
    family: 'llava_next',
    layers: 32,
    hidden: 4096,
    heads: 32,
    kvHeads: 8,
    intermediate: 14336,
    vocab: 128320,
    ropeTheta: 500000,
    vision: CLIP_L,
  },
} as const satisfies Record<string, FullShape>;
export type FullName = keyof typeof FULL_SHAPES;

/** The same with narrow layers: to try what measures. */
export const quick = (shape: FullShape): FullShape => ({
  ...shape,
  hidden: 512,
  heads: 8,
  kvHeads: shape.kvHeads < shape.heads ? 2 : 8,
  intermediate: 1376,
  vision: { ...shape.vision, hidden: 128, heads: 4, intermediate: 512 },
});

/** Canvas sizes of LLaVA-NeXT, [height, width]. */
const PINPOINTS = [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]]; // prettier-ignore

interface Plan {
  readonly name: string;
  readonly shape: readonly number[];
  /** Standard deviation, or every value 1. */
  readonly scale: number | 'one';
}

/** Tensors under the names of llava-hf folders, in groups of which each becomes a shard. */
function plan(s: FullShape, layers: number): Plan[][] {
  const tensor = (name: string, shape: readonly number[], scale: Plan['scale'] = 1.2 / Math.sqrt(shape.at(-1)!)): Plan => ({ name, shape, scale }); // prettier-ignore
  const norm = (name: string, width: number): Plan => tensor(`${name}.weight`, [width], 'one');
  const bias = (name: string, width: number): Plan => tensor(`${name}.bias`, [width], 0.02);
  const linear = (name: string, out: number, width: number): Plan => tensor(`${name}.weight`, [out, width]);
  const kv = (s.hidden / s.heads) * s.kvHeads;
  const decoder = Array.from({ length: layers }, (_, l): Plan[] => {
    const at = `language_model.model.layers.${l}`;
    return [
      norm(`${at}.input_layernorm`, s.hidden),
      linear(`${at}.self_attn.q_proj`, s.hidden, s.hidden),
      linear(`${at}.self_attn.k_proj`, kv, s.hidden),
      linear(`${at}.self_attn.v_proj`, kv, s.hidden),
      linear(`${at}.self_attn.o_proj`, s.hidden, s.hidden),
      norm(`${at}.post_attention_layernorm`, s.hidden),
      linear(`${at}.mlp.gate_proj`, s.intermediate, s.hidden),
      linear(`${at}.mlp.up_proj`, s.intermediate, s.hidden),
      linear(`${at}.mlp.down_proj`, s.hidden, s.intermediate),
    ];
  });
  const v = s.vision;
  const tower = 'vision_tower.vision_model';
  const encoder = Array.from({ length: v.layers }, (_, l): Plan[] => {
    const at = `${tower}.encoder.layers.${l}`;
    const biased = (name: string, out: number, width: number): Plan[] => [
      linear(`${at}.${name}`, out, width),
      bias(`${at}.${name}`, out),
    ];
    return [
      norm(`${at}.layer_norm1`, v.hidden),
      bias(`${at}.layer_norm1`, v.hidden),
      ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((n) => biased(`self_attn.${n}`, v.hidden, v.hidden)),
      norm(`${at}.layer_norm2`, v.hidden),
      bias(`${at}.layer_norm2`, v.hidden),
      ...biased('mlp.fc1', v.intermediate, v.hidden),
      ...biased('mlp.fc2', v.hidden, v.intermediate),
    ];
  }).flat();
  const vision = [
    tensor(`${tower}.embeddings.class_embedding`, [v.hidden], 0.1),
    tensor(`${tower}.embeddings.patch_embedding.weight`, [v.hidden, 3, v.patch, v.patch], 0.02),
    tensor(`${tower}.embeddings.position_embedding.weight`, [1 + (v.size / v.patch) ** 2, v.hidden], 0.1),
    norm(`${tower}.pre_layrnorm`, v.hidden),
    bias(`${tower}.pre_layrnorm`, v.hidden),
    ...encoder,
    norm(`${tower}.post_layernorm`, v.hidden),
    bias(`${tower}.post_layernorm`, v.hidden),
    linear('multi_modal_projector.linear_1', s.hidden, v.hidden),
    bias('multi_modal_projector.linear_1', s.hidden),
    linear('multi_modal_projector.linear_2', s.hidden, s.hidden),
    bias('multi_modal_projector.linear_2', s.hidden),
    ...(s.family === 'llava_next' ? [tensor('image_newline', [s.hidden], 0.3)] : []),
  ];
  return [
    [...vision, tensor('language_model.model.embed_tokens.weight', [s.vocab, s.hidden], 1)],
    ...decoder,
    [norm('language_model.model.norm', s.hidden), linear('language_model.lm_head', s.vocab, s.hidden)],
  ];
}

/** Values of one random block are used over and over; a prime, so that no two rows of a tensor are the same. */
const BLOCK = 1_048_573;

/** Writes a whole checkpoint folder, sharded, in the memory of one block. Tokenizer: the embedded model's. */
export async function writeFullSize(folder: string, shape: FullShape, layers: number, dtype: Dtype): Promise<void> {
  await mkdir(folder, { recursive: true });
  const blocks = new Map<Plan['scale'], Uint8Array>();
  const block = (scale: Plan['scale']): Uint8Array => {
    let bytes = blocks.get(scale);
    if (!bytes) {
      const next = random(1);
      // Uniform with the wanted deviation: the sqrt(12) of a unit interval.
      const value = (): number => (scale === 'one' ? 1 : (next() - 0.5) * 3.4641 * scale);
      blocks.set(scale, (bytes = encode(Float32Array.from({ length: BLOCK }, value), dtype)));
    }
    return bytes;
  };
  const shards = plan(shape, layers);
  const map: Record<string, string> = {};
  let at = 0;
  for (const [i, tensors] of shards.entries()) {
    const number = (n: number): string => String(n).padStart(5, '0');
    const file = `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    const handle = await open(path.join(folder, file), 'w');
    await writeHeader(handle, tensors, dtype);
    for (const { name, shape: dims, scale } of tensors) {
      map[name] = file;
      const bytes = block(scale);
      let left = dims.reduce((a, b) => a * b, 1) * DTYPE_BYTES[dtype];
      while (left > 0) {
        const part = bytes.subarray(at, Math.min(bytes.length, at + left));
        await handle.writeFile(part);
        left -= part.length;
        at = (at + part.length) % bytes.length;
      }
    }
    await handle.close();
  }
  await writeJson(path.join(folder, 'model.safetensors.index.json'), { metadata: {}, weight_map: map });
  await writeConfigs(folder, shape, layers, dtype);
}

async function writeHeader(handle: FileHandle, tensors: readonly Plan[], dtype: Dtype): Promise<void> {
  let at = 0;
  const entries = tensors.map(({ name, shape }): [string, unknown] => {
    const bytes = shape.reduce((a, b) => a * b, 1) * DTYPE_BYTES[dtype];
    at += bytes;
    return [name, { dtype: dtype.toUpperCase(), shape, data_offsets: [at - bytes, at] }];
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  await handle.writeFile(size);
  await handle.writeFile(text);
}

async function writeConfigs(folder: string, s: FullShape, layers: number, dtype: Dtype): Promise<void> {
  const embedded = path.join(repositoryRoot, 'models/shapes-llava');
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    await copyFile(path.join(embedded, name), path.join(folder, name));
  }
  const next = s.family === 'llava_next';
  await writeJson(path.join(folder, 'config.json'), {
    architectures: [next ? 'LlavaNextForConditionalGeneration' : 'LlavaForConditionalGeneration'],
    model_type: s.family,
    // of the embedded model's tokenizer
    image_token_index: 1023,
    torch_dtype: { f32: 'float32', f16: 'float16', bf16: 'bfloat16' }[dtype],
    projector_hidden_act: 'gelu',
    vision_feature_layer: -2,
    vision_feature_select_strategy: 'default',
    ...(next ? { image_grid_pinpoints: PINPOINTS } : {}),
    text_config: {
      model_type: 'llama',
      hidden_size: s.hidden,
      intermediate_size: s.intermediate,
      num_hidden_layers: layers,
      num_attention_heads: s.heads,
      num_key_value_heads: s.kvHeads,
      max_position_embeddings: 8192,
      rms_norm_eps: 1e-5,
      rope_theta: s.ropeTheta,
      vocab_size: s.vocab,
    },
    vision_config: {
      model_type: 'clip_vision_model',
      hidden_size: s.vision.hidden,
      intermediate_size: s.vision.intermediate,
      num_hidden_layers: s.vision.layers,
      num_attention_heads: s.vision.heads,
      image_size: s.vision.size,
      patch_size: s.vision.patch,
    },
  });
  const size = s.vision.size;
  await writeJson(path.join(folder, 'preprocessor_config.json'), {
    image_processor_type: next ? 'LlavaNextImageProcessor' : 'CLIPImageProcessor',
    size: { shortest_edge: size },
    crop_size: { height: size, width: size },
    ...(next ? { image_grid_pinpoints: PINPOINTS } : {}),
  });
  // Any token ends the answer, so that a clean run gives just one.
  const ids = Array.from({ length: s.vocab }, (_, i) => i);
  await writeFile(path.join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: ids }));
}
