/** generation_config.json: transformers' GenerationConfig. */
import { each, harmless, only, used, type KeyRules } from './rules';

/**
 * An answer is the most probable token, again and again, up to an end token: what `generate(do_sample=False)` gives. The
 * study's calls switch sampling off, too. What would make another answer of that is refused.
 */
export const GENERATION_KEYS: KeyRules = {
  eos_token_id: used,
  ...each(
    harmless('sampling, which greedy answers have none of'),
    ...(['do_sample', 'temperature', 'top_k', 'top_p', 'min_p', 'top_h', 'typical_p'] as const),
    ...(['epsilon_cutoff', 'eta_cutoff', 'renormalize_logits'] as const),
  ),
  ...each(only(1), 'num_beams', 'num_beam_groups', 'num_return_sequences', 'guidance_scale'),
  ...each(harmless('read with several beams only'), 'early_stopping', 'length_penalty', 'diversity_penalty'),
  ...each(only(1), 'repetition_penalty', 'encoder_repetition_penalty'),
  ...each(only(0), 'no_repeat_ngram_size', 'encoder_no_repeat_ngram_size', 'min_length', 'min_new_tokens'),
  penalty_alpha: only(0),
  ...each(only([]), 'suppress_tokens', 'begin_suppress_tokens', 'bad_words_ids', 'force_words_ids', 'constraints'),
  ...each(only([]), 'forced_decoder_ids', 'stop_strings', 'dola_layers', 'exponential_decay_length_penalty'),
  ...each(only(), 'forced_bos_token_id', 'forced_eos_token_id', 'sequence_bias', 'watermarking_config'),
  ...each(only(false), 'token_healing', 'force_bos_token_to_be_generated'),
  generation_kwargs: only({}),
  ...each(
    harmless('Crossflow limits the length of an answer itself'),
    ...(['max_length', 'max_new_tokens', 'max_time'] as const),
  ),
  ...each(
    harmless('a faster way to the same tokens'),
    ...(['assistant_confidence_threshold', 'assistant_early_exit', 'assistant_ensemble_weight'] as const),
    ...(['assistant_lookbehind', 'target_lookbehind', 'is_assistant', 'num_assistant_tokens'] as const),
    ...(['num_assistant_tokens_schedule', 'prompt_lookup_num_tokens', 'max_matching_ngram_size'] as const),
    ...(['speculation_type', 'use_mtp', 'low_memory', 'prefill_chunk_size'] as const),
    ...(['compile_config', 'disable_compile', 'continuous_batching_config'] as const),
  ),
  // the others keep keys and values as they are; a quantised cache rounds them
  cache_implementation: only('dynamic', 'dynamic_full', 'static', 'offloaded', 'offloaded_static', 'hybrid', 'hybrid_chunked', 'offloaded_hybrid', 'offloaded_hybrid_chunked'), // prettier-ignore
  ...each(harmless('how a cache is kept, not what is in it'), 'use_cache', 'cache_config', 'max_cache_len'),
  return_legacy_cache: harmless('the form of the cache that a Python call returns'),
  ...each(
    harmless('what a Python call returns beside the tokens'),
    ...(['output_attentions', 'output_hidden_states', 'output_logits', 'output_scores'] as const),
    ...(['return_dict_in_generate', 'extra_output_flags'] as const),
  ),
  remove_invalid_values: harmless('there are none: weights and activations are checked'),
  ...each(
    harmless('the prompt has its own begin token, and one prompt has no padding'),
    ...(['bos_token_id', 'pad_token_id', 'decoder_start_token_id'] as const),
  ),
  ...each(
    harmless('notes of the program that wrote the file'),
    ...(['_from_model_config', 'transformers_version', '_commit_hash', '_original_object_hash'] as const),
    ...(['_bos_token_tensor', '_eos_token_tensor', '_pad_token_tensor', '_decoder_start_token_tensor'] as const),
    '_mask_length',
  ),
};
