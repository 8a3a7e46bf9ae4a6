/** tokenizer_config.json: transformers' LlamaTokenizer, LlamaTokenizerFast and PreTrainedTokenizerFast. */
import { each, harmless, only, used, type KeyRules } from './rules';

export const TOKENIZER_KEYS: KeyRules = {
  ...each(
    used,
    ...(['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const),
    ...(['image_token', 'additional_special_tokens', 'extra_special_tokens', 'added_tokens_decoder'] as const),
    'model_specific_special_tokens',
    ...(['add_bos_token', 'add_eos_token', 'add_prefix_space', 'chat_template'] as const),
    'clean_up_tokenization_spaces',
  ),
  // with tokenizer.model it decides ids; with tokenizer.json it decided how that file was made
  legacy: used,
  ...each(only(false), 'split_special_tokens', 'from_slow', 'fix_mistral_regex'),
  clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output: only(false),
  // sampling and normalisation of SentencePiece
  sp_model_kwargs: only({}),
  chat_control_tokens: harmless('what a chat program takes out of messages before it fills the template'),
  ...each(
    harmless('one prompt has no padding and is never cut'),
    ...(['padding_side', 'truncation_side', 'model_max_length', 'max_len', 'tokenizer_padding'] as const),
    ...(['tokenizer_truncation', '_json_padding', '_json_truncation'] as const),
  ),
  ...each(
    harmless('slow tokenizers only; spaces stand as tokenizer.json has them'),
    ...(['spaces_between_special_tokens', 'use_default_system_prompt'] as const),
  ),
  ...each(
    harmless('the ids are those of tokenizer.json or tokenizer.model, whichever class reads them'),
    ...(['tokenizer_class', 'processor_class', 'backend', 'auto_map', 'is_local'] as const),
  ),
  ...each(
    harmless('parts of tokenizer.json, which has its own'),
    ...(['post_processor', '_spm_precompiled_charsmap', 'unk_id'] as const),
    ...(['_added_tokens_decoder', '_added_tokens_encoder', '_tokenizer'] as const),
  ),
  ...each(harmless('reading an answer back into parts of a chat'), 'response_schema', 'response_template'),
  ...each(
    harmless('notes and switches of the Python program'),
    ...(['name_or_path', 'files_loaded', 'pretrained_vocab_files_map', 'verbose'] as const),
  ),
};

/** An added token: an entry of `added_tokens_decoder`, or of special_tokens_map.json. */
export const ADDED_TOKEN_KEYS: KeyRules = {
  ...each(used, 'content', 'lstrip', 'rstrip', 'normalized', 'single_word', 'special'),
  __type: harmless('the name of the Python class'),
};
