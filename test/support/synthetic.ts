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
  type TensorRef,
} from '../../src/core/checkpoint/spec';

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

interface Plan {
  readonly name: string;
  readonly shape: readonly number[];
  /** Standard deviation, or `one` for norms. */
  readonly scale: number | 'one';
}

/** Plan of a Llama decoder's tensors under the names of transformers. */
function plan(s: Shape): Plan[] {
  const d = s.hidden / s.heads;
  const kv = s.kvHeads * d;
  const wide = 1.2 / Math.sqrt(s.hidden);
  const out: Plan[] = [{ name: 'model.embed_tokens.weight', shape: [s.vocab, s.hidden], scale: 1 }];
  for (let l = 0; l < s.layers; l++) {
    const at = `model.layers.${l}.`;
    out.push(
      { name: `${at}input_layernorm.weight`, shape: [s.hidden], scale: 'one' },
      { name: `${at}self_attn.q_proj.weight`, shape: [s.hidden, s.hidden], scale: wide },
      { name: `${at}self_attn.k_proj.weight`, shape: [kv, s.hidden], scale: wide },
      { name: `${at}self_attn.v_proj.weight`, shape: [kv, s.hidden], scale: wide },
      { name: `${at}self_attn.o_proj.weight`, shape: [s.hidden, s.hidden], scale: wide },
      { name: `${at}post_attention_layernorm.weight`, shape: [s.hidden], scale: 'one' },
      { name: `${at}mlp.gate_proj.weight`, shape: [s.intermediate, s.hidden], scale: wide },
      { name: `${at}mlp.up_proj.weight`, shape: [s.intermediate, s.hidden], scale: wide },
      { name: `${at}mlp.down_proj.weight`, shape: [s.hidden, s.intermediate], scale: 1.2 / Math.sqrt(s.intermediate) },
    );
  }
  out.push({ name: 'model.norm.weight', shape: [s.hidden], scale: 'one' });
  out.push({ name: 'lm_head.weight', shape: [s.vocab, s.hidden], scale: 3 / Math.sqrt(s.hidden) });
  return out;
}

/** Writes `DIR/model.safetensors` and gives the decoder's spec. Streams: needs one tensor of memory at a time. */
export async function writeDecoder(dir: string, s: Shape, dtype: Dtype = 'f32', seed = 1): Promise<DecoderSpec> {
  await mkdir(dir, { recursive: true });
  const tensors = plan(s);
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
  for (const t of tensors) {
    const values = new Float32Array(t.shape.reduce((a, b) => a * b, 1));
    // Uniform with the wanted deviation: the sqrt(12) of a unit interval.
    for (let i = 0; i < values.length; i++) values[i] = t.scale === 'one' ? 1 : (next() - 0.5) * 3.4641 * t.scale;
    if (!stream.write(encode(values, dtype))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
  const ref = (name: string): TensorRef => {
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
  const layers = Array.from({ length: s.layers }, (_, l): DecoderLayerRef => {
    const w = (name: string): { weight: TensorRef } => ({ weight: ref(`model.layers.${l}.${name}.weight`) });
    return {
      inputNorm: w('input_layernorm'),
      query: w('self_attn.q_proj'),
      key: w('self_attn.k_proj'),
      value: w('self_attn.v_proj'),
      output: w('self_attn.o_proj'),
      postNorm: w('post_attention_layernorm'),
      gate: w('mlp.gate_proj'),
      up: w('mlp.up_proj'),
      down: w('mlp.down_proj'),
    };
  });
  return {
    ...s,
    headDim: s.hidden / s.heads,
    rmsEpsilon: 1e-5,
    ropeTheta: 10000,
    maxPositions: 4096,
    weights: {
      embedding: ref('model.embed_tokens.weight'),
      layers,
      norm: { weight: ref('model.norm.weight') },
      head: ref('lm_head.weight'),
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
