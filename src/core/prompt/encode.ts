import type { ModelSpec } from '../checkpoint/spec';
import type { Tokenizer } from '../checkpoint/tokenizer';
import { usage } from '../errors';
import { TEMPLATES } from './templates';
import type { EncodedPrompt, TemplateName } from './types';

export interface PromptInput {
  /** Left out: the checkpoint's own chat template. */
  readonly template?: TemplateName;
  readonly instruction: string;
  readonly question: string;
}

type ImageToken = Pick<ModelSpec, 'imageTokenId' | 'imageTokenText'>;

/**
 * Fills the template and encodes it around the image.
 * @throws CrossflowError `usage` when the question is empty or names the image token, when the tokenizer lacks the
 * template's tokens, or when there is no template that places the image exactly once
 */
export function encodePrompt(tokenizer: Tokenizer, spec: ImageToken, input: PromptInput): EncodedPrompt {
  const { question, instruction } = input;
  if (question.trim() === '') throw usage('the question is empty');
  for (const [what, text] of [
    ['question', question],
    ['instruction', instruction],
  ] as const) {
    if (text.includes(spec.imageTokenText)) {
      throw usage(`the ${what} contains ${spec.imageTokenText}`, undefined, 'the template places the image');
    }
  }
  return input.template === undefined
    ? fromChatTemplate(tokenizer, spec, question + instruction)
    : fromNamedTemplate(tokenizer, spec, input.template, question + instruction);
}

/** As published: tokenizer(before) + image + tokenizer(after) less its bos. */
function fromNamedTemplate(tokenizer: Tokenizer, spec: ImageToken, name: TemplateName, text: string): EncodedPrompt {
  const template = TEMPLATES[name];
  const unknown = template.tokens.find((t) => tokenizer.id(t) === undefined);
  if (unknown !== undefined) {
    const what = `prompt "${name}" needs the token ${unknown}, which this checkpoint's tokenizer does not have`;
    throw usage(what, undefined, 'choose another prompt, or leave "prompt" out for the checkpoint\'s own');
  }
  // a function, so that a $ in the question stays as it is
  const after = template.after.replace('{q}', () => text);
  return join(spec, template.before, after, {
    before: tokenizer.encode(template.before, { special: true }),
    after: tokenizer.encode(after, { special: false }),
  });
}

/** One user message: the image, then the text. */
function fromChatTemplate(tokenizer: Tokenizer, spec: ImageToken, text: string): EncodedPrompt {
  const hint = `name one: "prompt": ${Object.keys(TEMPLATES)
    .map((n) => `"${n}"`)
    .join(' or ')}`;
  if (!tokenizer.hasChatTemplate) throw usage('the checkpoint has no chat template', undefined, hint);
  const filled = tokenizer.chat([{ role: 'user', content: [{ type: 'image' }, { type: 'text', text }] }]);
  const parts = filled.split(spec.imageTokenText);
  const [before, after] = parts;
  if (parts.length !== 2 || before === undefined || after === undefined) {
    const times = parts.length - 1;
    throw usage(
      `the checkpoint's chat template places ${spec.imageTokenText} ${times} times, not once`,
      undefined,
      hint,
    );
  }
  if (!after.includes(text)) {
    throw usage("the checkpoint's chat template does not place the question after the image", undefined, hint);
  }
  // a template that begins with bos itself gets no second one, as transformers' processors do it
  const special = tokenizer.bosText === undefined || !filled.startsWith(tokenizer.bosText);
  const image = tokenizer.id(spec.imageTokenText);
  if (image === undefined) {
    const ids = { before: tokenizer.encode(before, { special }), after: tokenizer.encode(after, { special: false }) };
    return join(spec, before, after, ids);
  }
  // as processors do it: the text as a whole, with the image token as one of the tokenizer's own
  const ids = tokenizer.encode(filled, { special });
  const at = ids.indexOf(image);
  if (at < 0 || ids.includes(image, at + 1)) {
    throw usage(`the tokenizer does not read ${spec.imageTokenText} as one token`, undefined, hint);
  }
  return join(spec, before, after, { before: ids.slice(0, at), after: ids.slice(at + 1) });
}

const join = (
  spec: ImageToken,
  before: string,
  after: string,
  ids: { readonly before: readonly number[]; readonly after: readonly number[] },
): EncodedPrompt => ({
  text: before + spec.imageTokenText + after,
  ...ids,
  inputIds: [...ids.before, spec.imageTokenId, ...ids.after],
});
