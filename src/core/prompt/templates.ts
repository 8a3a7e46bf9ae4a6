import type { TemplateName } from './types';

/** What stands before the image, and after it around the question. */
export interface Template {
  readonly before: string;
  /** `{q}` is where question and instruction go. */
  readonly after: string;
  /** Tokens the template is made of: a tokenizer without them would spell them out letter by letter. */
  readonly tokens: readonly string[];
}

/**
 * The conversation templates of the published runs (llava/conversation.py of the study's code). `llava_llama_3` begins
 * with a token that the tokenizer adds once more and ends in an odd `\n\n \n`; both are as published.
 */
export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  vicuna_v1: {
    before:
      'A chat between a curious user and an artificial intelligence assistant. ' +
      "The assistant gives helpful, detailed, and polite answers to the user's questions. USER: ",
    after: '\n{q} ASSISTANT:',
    tokens: [],
  },
  llava_llama_3: {
    before:
      '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n' +
      'You are a helpful language and vision assistant. You are able to understand the visual content that the user ' +
      'provides, and assist the user with a variety of tasks using natural language.<|eot_id|>' +
      '<|start_header_id|>user<|end_header_id|>\n\n',
    after: '\n{q}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n \n',
    tokens: ['<|begin_of_text|>', '<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
  },
};

export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as readonly TemplateName[];
