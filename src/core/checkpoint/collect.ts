import { usage } from '../errors';
import type { CheckpointConfig } from './config';
import { EMBEDDING, type Layout } from './layouts';
import type { DecoderSpec, LinearRef, MatrixRef, NormRef, ProjectorSpec, TensorRef, VisionSpec } from './spec';
import type { TextConfig } from './text-config';
import type { VisionConfig } from './vision-config';
import type { WeightTable } from './weights';

const linear = (w: WeightTable, name: string, out: number, input: number, bias: boolean): LinearRef => ({
  weight: w.matrix(`${name}.weight`, [out, input]),
  ...(bias ? { bias: w.get(`${name}.bias`, [out]) } : {}),
});
const rms = (w: WeightTable, name: string, width: number): NormRef => ({ weight: w.get(`${name}.weight`, [width]) });
const layerNorm = (w: WeightTable, name: string, width: number): NormRef => ({
  weight: w.get(`${name}.weight`, [width]),
  bias: w.get(`${name}.bias`, [width]),
});

/** All tensors of the decoder, each of the shape config.json asks for. */
export function decoderWeights(w: WeightTable, layout: Layout, text: TextConfig, file: string): DecoderSpec {
  const { hidden, heads, kvHeads, headDim, intermediate, vocab, attentionBias, mlpBias } = text;
  const { embedding, head } = embeddingAndHead(w, layout, text, file);
  const layers = Array.from({ length: text.layers }, (_, l) => {
    const at = `${layout.decoder}layers.${l}`;
    // Python would leave such a bias out with a warning; here nothing is left out unseen
    for (const name of [...(attentionBias ? [] : ['self_attn.q_proj']), ...(mlpBias ? [] : ['mlp.gate_proj'])]) {
      if (w.has(`${at}.${name}.bias`)) throw usage(`${at}.${name}.bias is there, but config.json asks for none`, file);
    }
    return {
      inputNorm: rms(w, `${at}.input_layernorm`, hidden),
      query: linear(w, `${at}.self_attn.q_proj`, heads * headDim, hidden, attentionBias),
      key: linear(w, `${at}.self_attn.k_proj`, kvHeads * headDim, hidden, attentionBias),
      value: linear(w, `${at}.self_attn.v_proj`, kvHeads * headDim, hidden, attentionBias),
      output: linear(w, `${at}.self_attn.o_proj`, hidden, heads * headDim, attentionBias),
      postNorm: rms(w, `${at}.post_attention_layernorm`, hidden),
      gate: linear(w, `${at}.mlp.gate_proj`, intermediate, hidden, mlpBias),
      up: linear(w, `${at}.mlp.up_proj`, intermediate, hidden, mlpBias),
      down: linear(w, `${at}.mlp.down_proj`, hidden, intermediate, mlpBias),
    };
  });
  const extra = `${layout.decoder}layers.${text.layers}.input_layernorm.weight`;
  if (w.has(extra)) throw usage(`num_hidden_layers is ${text.layers}, but the weights have more: ${extra}`, file);
  return {
    layers: text.layers,
    hidden,
    heads,
    kvHeads,
    headDim,
    intermediate,
    vocab,
    rmsEpsilon: text.rmsEpsilon,
    ropeTheta: text.ropeTheta,
    ...(text.ropeScaling ? { ropeScaling: text.ropeScaling } : {}),
    maxPositions: text.maxPositions,
    weights: { embedding, layers, norm: rms(w, `${layout.decoder}norm`, hidden), head },
  };
}

/**
 * Embedding and head, as transformers 5 loads them (`PreTrainedModel.tie_weights`): a tied folder may hold either name;
 * a head that is there besides the embedding is used, whatever `tie_word_embeddings` says.
 */
function embeddingAndHead(
  w: WeightTable,
  layout: Layout,
  text: TextConfig,
  file: string,
): { embedding: TensorRef; head: MatrixRef } {
  const shape = [text.vocab, text.hidden] as const;
  const name = layout.decoder + EMBEDDING;
  if (!w.has(name) && w.has(layout.head)) {
    if (!text.tied) {
      const hint = `if the two are shared, set "tie_word_embeddings": true in config.json`;
      throw usage(`tensor ${name} is missing, and config.json does not tie it to ${layout.head}`, file, hint);
    }
    // under the embedding's own name, which an import gives it
    const embedding = { ...w.get(layout.head, shape), name };
    return { embedding, head: embedding };
  }
  const embedding = w.get(name, shape);
  const tied = w.shared(name, layout.head) || (text.tied && !w.hasMatrix(layout.head));
  return { embedding, head: tied ? embedding : w.matrix(layout.head, shape) };
}

/** The tower up to the layer whose output is used; later layers and the post norm are never needed. */
export function visionWeights(
  w: WeightTable,
  prefix: string,
  vision: VisionConfig,
  config: CheckpointConfig,
): VisionSpec {
  const { hidden, heads, intermediate, imageSize, patchSize, layerNormEpsilon, activation } = vision;
  // hidden_states[0] is the embedding after the pre norm, hidden_states[n] the output of layer n
  const states = vision.layers + 1;
  const run = config.featureLayer < 0 ? states + config.featureLayer : config.featureLayer;
  if (run < 0 || run >= states) {
    const range = `the tower has ${vision.layers} layers`;
    throw usage(`vision_feature_layer ${config.featureLayer} is out of range: ${range}`, config.file);
  }
  const patches = Math.floor(imageSize / patchSize) ** 2;
  const layers = Array.from({ length: run }, (_, l) => {
    const at = `${prefix}encoder.layers.${l}`;
    return {
      norm1: layerNorm(w, `${at}.layer_norm1`, hidden),
      query: linear(w, `${at}.self_attn.q_proj`, hidden, hidden, true),
      key: linear(w, `${at}.self_attn.k_proj`, hidden, hidden, true),
      value: linear(w, `${at}.self_attn.v_proj`, hidden, hidden, true),
      output: linear(w, `${at}.self_attn.out_proj`, hidden, hidden, true),
      norm2: layerNorm(w, `${at}.layer_norm2`, hidden),
      fc1: linear(w, `${at}.mlp.fc1`, intermediate, hidden, true),
      fc2: linear(w, `${at}.mlp.fc2`, hidden, intermediate, true),
    };
  });
  // a negative layer counts from the end: a tower with more layers than the config says would give another one
  const extra = `${prefix}encoder.layers.${vision.layers}.layer_norm1.weight`;
  if (config.featureLayer < 0 && w.has(extra)) {
    throw usage(`the vision tower has more than the ${vision.layers} layers of its config: ${extra}`, config.file);
  }
  return {
    imageSize,
    patchSize,
    hidden,
    heads,
    intermediate,
    layerNormEpsilon,
    activation,
    select: config.select,
    weights: {
      classEmbedding: w.get(`${prefix}embeddings.class_embedding`, [hidden]),
      patchEmbedding: w.get(`${prefix}embeddings.patch_embedding.weight`, [hidden, 3, patchSize, patchSize]),
      positionEmbedding: w.get(`${prefix}embeddings.position_embedding.weight`, [1 + patches, hidden]),
      preNorm: layerNorm(w, `${prefix}pre_layrnorm`, hidden),
      layers,
    },
  };
}

export function projectorWeights(
  w: WeightTable,
  layout: Layout,
  visionHidden: number,
  config: CheckpointConfig,
): ProjectorSpec {
  const { hidden } = config.text;
  const { activation, bias } = config.projector;
  const [first, second] = layout.projector;
  return {
    activation,
    first: linear(w, first, hidden, visionHidden, bias),
    second: linear(w, second, hidden, hidden, bias),
  };
}
