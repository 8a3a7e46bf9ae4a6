/** Keys that every config class of transformers has: PretrainedConfig of version 4, PreTrainedConfig of version 5. */
import { GENERATION_KEYS } from './generation';
import { each, harmless, only, used, type KeyRules } from './rules';

export const COMMON_KEYS: KeyRules = {
  // transformers 4 reads these here where generation_config.json is missing
  ...GENERATION_KEYS,
  eos_token_id: harmless('no part of this model ends an answer'),
  model_type: used,
  ...each(
    harmless('notes of the program that wrote the file'),
    ...(['architectures', 'transformers_version', 'name_or_path', '_name_or_path', '_commit_hash'] as const),
    'tokenizer_class',
  ),
  ...each(harmless('tensors say their own type; numbers are computed in float32'), 'dtype', 'torch_dtype'),
  ...each(harmless('TensorFlow and XLA only'), 'use_bfloat16', 'xla_device', 'tf_legacy_loss'),
  ...each(
    harmless('what a Python call returns'),
    ...(['output_attentions', 'output_hidden_states', 'return_dict', 'use_return_dict', 'torchscript'] as const),
  ),
  ...each(
    harmless('how Python computes the same attention'),
    ...(['attn_implementation', '_attn_implementation', '_attn_implementation_autoset'] as const),
    'experts_implementation',
  ),
  ...each(
    harmless('classification and other tasks'),
    ...(['id2label', 'label2id', 'num_labels', 'problem_type', 'finetuning_task', 'task_specific_params'] as const),
  ),
  gradient_checkpointing: harmless('training only'),
  auto_map: harmless('code of the folder itself, which Python runs only when asked to and Crossflow never'),
  chunk_size_feed_forward: harmless('neither Llama nor CLIP read it'),
  ...each(harmless('encoder-decoder models only'), 'cross_attention_hidden_size', 'tie_encoder_decoder', 'is_decoder'),
  ...each(only(false), 'is_encoder_decoder', 'add_cross_attention'),
  pruned_heads: only({}),
  per_layer_config: only({}),
  prefix: only(''),
  sep_token_id: harmless('no prompt holds it'),
  // whoever has a decoder overrules these
  ...each(harmless('the decoder only'), 'rope_scaling', 'rope_theta', 'partial_rotary_factor', 'tie_word_embeddings'),
  quantization_config: only(),
};
