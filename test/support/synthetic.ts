/** Random decoders of any shape, written as a real .safetensors file: for benches and property tests. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import {
  DTYPE_BYTES,
  type DecoderLayerRef,
  type DecoderSpec,
  type Dtype,
  type LinearRef,
  type NormRef,
  type TensorRef,
} from '../../src/core/spec';

/** Seeded generator (mulberry32), uniform in [0, 1). */
export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Shape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly intermediate: number;
  readonly vocab: number;
}

type Projection = 'query' | 'key' | 'value' | 'output' | 'gate' | 'up' | 'down';

/** What a decoder has beyond Llama's; left out: Llama's own. */
export interface Extras extends Partial<
  Pick<
    DecoderSpec,
    | 'activation'
    | 'attentionScale'
    | 'attentionCap'
    | 'logitCap'
    | 'embeddingScale'
    | 'headDim'
    | 'ropes'
    | 'kinds'
    | 'additions'
  >
> {
  readonly biases?: readonly Projection[];
  /** Of queries and keys, over each head. */
  readonly headNorms?: boolean;
  /** Of what attention and MLP add. */
  readonly outputNorms?: boolean;
  readonly normOffset?: 0 | 1;
}

/** A tensor to be made. */
export interface Plan {
  readonly name: string;
  readonly shape: readonly number[];
  /** Standard deviation around `middle`, which is 0 where it is left out. */
  readonly scale: number;
  readonly middle?: number;
}

const NAMES = {
  query: 'self_attn.q_proj',
  key: 'self_attn.k_proj',
  value: 'self_attn.v_proj',
  output: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
} as const satisfies Record<Projection, string>;

/** Plan of a decoder's tensors under the names of transformers. */
function plan(s: Shape, extras: Extras): Plan[] {
  const d = extras.headDim ?? s.hidden / s.heads;
  const wide = 1.2 / Math.sqrt(s.hidden);
  // Llama's norms are plain ones, those of others are spread: what a wrong one does must show.
  const plain = Object.keys(extras).length === 0;
  const norm = (name: string, width: number): Plan => {
    const middle = 1 - (extras.normOffset ?? 0);
    return { name: `${name}.weight`, shape: [width], middle, scale: plain ? 0 : 0.3 };
  };
  const sizes = {
    query: [s.heads * d, s.hidden],
    key: [s.kvHeads * d, s.hidden],
    value: [s.kvHeads * d, s.hidden],
    output: [s.hidden, s.heads * d],
    gate: [s.intermediate, s.hidden],
    up: [s.intermediate, s.hidden],
    down: [s.hidden, s.intermediate],
  } as const satisfies Record<Projection, readonly [number, number]>;
  const out: Plan[] = [{ name: 'model.embed_tokens.weight', shape: [s.vocab, s.hidden], scale: 1 }];
  for (let l = 0; l < s.layers; l++) {
    const at = `model.layers.${l}.`;
    const linear = (p: Projection): Plan[] => [
      {
        name: `${at}${NAMES[p]}.weight`,
        shape: sizes[p],
        scale: p === 'down' ? 1.2 / Math.sqrt(s.intermediate) : wide,
      },
      ...(extras.biases?.includes(p) ? [{ name: `${at}${NAMES[p]}.bias`, shape: [sizes[p][0]], scale: 0.3 }] : []),
    ];
    out.push(
      norm(`${at}input_layernorm`, s.hidden),
      ...(['query', 'key', 'value', 'output'] as const).flatMap(linear),
      norm(`${at}post_attention_layernorm`, s.hidden),
      ...(['gate', 'up', 'down'] as const).flatMap(linear),
      ...(extras.headNorms ? [norm(`${at}self_attn.q_norm`, d), norm(`${at}self_attn.k_norm`, d)] : []),
      ...(extras.outputNorms ? [norm(`${at}attention_out`, s.hidden), norm(`${at}mlp_out`, s.hidden)] : []),
    );
  }
  out.push(norm('model.norm', s.hidden));
  out.push({ name: 'lm_head.weight', shape: [s.vocab, s.hidden], scale: 3 / Math.sqrt(s.hidden) });
  return out;
}

/**
 * Writes `DIR/model.safetensors` with random tensors, and gives what finds them by name. Streams: needs one tensor of
 * memory at a time.
 */
export async function writeTensors(
  dir: string,
  tensors: readonly Plan[],
  dtype: Dtype,
  seed: number,
): Promise<(name: string) => TensorRef> {
  await mkdir(dir, { recursive: true });
  const header: Record<string, { dtype: string; shape: readonly number[]; data_offsets: [number, number] }> = {};
  let at = 0;
  for (const t of tensors) {
    const bytes = t.shape.reduce((a, b) => a * b, 1) * DTYPE_BYTES[dtype];
    header[t.name] = { dtype: dtype.toUpperCase(), shape: t.shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const file = join(dir, 'model.safetensors');
  const stream = createWriteStream(file);
  stream.write(size);
  stream.write(text);
  const next = random(seed);
  for (const { shape, scale, middle = 0 } of tensors) {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    // Uniform with the wanted deviation: the sqrt(12) of a unit interval.
    for (let i = 0; i < values.length; i++) values[i] = scale === 0 ? middle : middle + (next() - 0.5) * 3.4641 * scale;
    if (!stream.write(encode(values, dtype))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
  return (name) => {
    const h = header[name];
    return {
      name,
      file,
      dtype,
      shape: h.shape,
      offset: 8 + text.length + h.data_offsets[0],
      length: h.data_offsets[1] - h.data_offsets[0],
    };
  };
}

/** Writes `DIR/model.safetensors` and gives the decoder's spec. */
export async function writeDecoder(
  dir: string,
  s: Shape,
  dtype: Dtype = 'f32',
  seed = 1,
  extras: Extras = {},
): Promise<DecoderSpec> {
  const ref = await writeTensors(dir, plan(s, extras), dtype, seed);
  const layers = Array.from({ length: s.layers }, (_, l): DecoderLayerRef => {
    const name = (part: string): string => `model.layers.${l}.${part}`;
    const norm = (part: string): NormRef => ({ weight: ref(name(`${part}.weight`)) });
    const linear = (p: Projection): LinearRef => ({
      weight: ref(name(`${NAMES[p]}.weight`)),
      ...(extras.biases?.includes(p) && { bias: ref(name(`${NAMES[p]}.bias`)) }),
    });
    return {
      attentionNorm: norm('input_layernorm'),
      query: linear('query'),
      key: linear('key'),
      value: linear('value'),
      output: linear('output'),
      ...(extras.headNorms && { queryNorm: norm('self_attn.q_norm'), keyNorm: norm('self_attn.k_norm') }),
      ...(extras.outputNorms && { attentionOut: norm('attention_out'), mlpOut: norm('mlp_out') }),
      mlpNorm: norm('post_attention_layernorm'),
      gate: linear('gate'),
      up: linear('up'),
      down: linear('down'),
    };
  });
  const headDim = extras.headDim ?? s.hidden / s.heads;
  const { biases: _, headNorms: _h, outputNorms: _o, normOffset, ...own } = extras;
  return {
    ...s,
    headDim,
    norm: { epsilon: 1e-5, offset: normOffset ?? 0 },
    activation: 'silu',
    attentionScale: 1 / Math.sqrt(headDim),
    ropes: [{ theta: 10000 }],
    kinds: Array.from({ length: s.layers }, () => ({ rope: 0 })),
    additions: [],
    maxPositions: 4096,
    ...own,
    weights: {
      embedding: ref('model.embed_tokens.weight'),
      layers,
      norm: { weight: ref('model.norm.weight') },
      head: ref('lm_head.weight'),
      headName: 'lm_head.weight',
    },
  };
}

/** float32 values in the bytes of a dtype (f16 and bf16 rounded to nearest). */
export function encode(values: Float32Array, dtype: Dtype): Uint8Array {
  if (dtype === 'f32') return new Uint8Array(values.buffer);
  const bits = new Uint32Array(values.buffer);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = dtype === 'bf16' ? (bits[i] + 0x8000) >>> 16 : half(bits[i]);
  return new Uint8Array(out.buffer);
}

/** float32 bits to float16 bits; subnormals become zero (random weights have none that matter). */
function half(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  if (exponent <= 0) return sign;
  return sign | ((exponent << 10) + (((bits & 0x7fffff) + 0x1000) >>> 13));
}
