/** What an experiment may choose, whatever the model: plain data, light enough for the editor's own process. */
import type { PromptTemplate } from '../spec';

/**
 * The conversation templates of the published runs (llava/conversation.py of the study's code). `llava_llama_3` begins
 * with a token that the tokenizer adds once more and ends in an odd `\n\n \n`; both are as published.
 */
export const PUBLISHED_TEMPLATES = {
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
} as const satisfies Readonly<Record<string, PromptTemplate>>;

/** Prompts by name; which of them a checkpoint can write is a matter of its tokenizer. */
export const TEMPLATE_NAMES = Object.keys(PUBLISHED_TEMPLATES) as readonly (keyof typeof PUBLISHED_TEMPLATES)[];

/** How a picture is fitted to the tower's views; which of them a checkpoint knows, its eye says. */
export const ASPECT_NAMES = ['processor', 'pad', 'anyres'] as const;
