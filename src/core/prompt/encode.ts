import type { ChatMessage, Tokenizer } from '../checkpoint/tokenizer';
import { CrossflowError, usage } from '../errors';
import type { ImageLayout, PromptStyle } from '../spec';
import type { EncodedPrompt, TemplateName } from './types';

export interface PromptInput {
  /** Left out: the checkpoint's own chat template. */
  readonly template?: TemplateName;
  /** A system message, which only a chat template can write. */
  readonly system?: string;
  readonly instruction: string;
  readonly question: string;
}

/**
 * Fills the template and encodes it around the image.
 * @throws CrossflowError `usage` when the question is empty or names the image token, when there is a system message and
 * no system turn for it, when the tokenizer lacks the
 * template's tokens, when there is no template that places the image exactly once, and when the tokenizer reads the
 * marks around the picture's parts otherwise than the layout has them
 */
export function encodePrompt(
  tokenizer: Tokenizer,
  style: PromptStyle,
  input: PromptInput,
  layout: ImageLayout,
): EncodedPrompt {
  const { question, instruction, system = '' } = input;
  if (question.trim() === '') throw usage('the question is empty');
  for (const [what, text] of [
    ['question', question],
    ['instruction', instruction],
    ['system message', system],
  ] as const) {
    for (const mark of new Set([style.imageTokenText, style.placeholder])) {
      if (text.includes(mark)) throw usage(`the ${what} contains ${mark}`, undefined, 'the template places the image');
    }
  }
  if (input.system?.trim() === '') throw usage('the system message is empty', undefined, 'leave "system" out');
  if (input.template !== undefined && input.system !== undefined) {
    const hint = `remove "system", or leave "prompt" out for the checkpoint's own chat template`;
    throw usage(`prompt "${input.template}" is fixed text without a system turn`, undefined, hint);
  }
  const prompt: Prompt = { tokenizer, style, layout };
  return input.template === undefined
    ? fromChatTemplate(prompt, question + instruction, input.system)
    : fromNamedTemplate(prompt, input.template, question + instruction);
}

interface Prompt {
  readonly tokenizer: Tokenizer;
  readonly style: PromptStyle;
  readonly layout: ImageLayout;
}

/** As published: tokenizer(before) + image + tokenizer(after) less its bos. */
function fromNamedTemplate(prompt: Prompt, name: TemplateName, text: string): EncodedPrompt {
  const { tokenizer, style } = prompt;
  const template = Object.hasOwn(style.templates, name) ? style.templates[name] : undefined;
  if (template === undefined) {
    const own = 'leave "prompt" out for the checkpoint\'s own chat template';
    throw usage(`prompt "${name}" is not one that this checkpoint knows`, undefined, own);
  }
  const unknown = template.tokens.find((t) => tokenizer.id(t) === undefined);
  if (unknown !== undefined) {
    const what = `prompt "${name}" needs the token ${unknown}, which this checkpoint's tokenizer does not have`;
    throw usage(what, undefined, 'choose another prompt, or leave "prompt" out for the checkpoint\'s own');
  }
  // a function, so that a $ in the question stays as it is
  const after = template.after.replace('{q}', () => text);
  return join(prompt, template.before, after, {
    before: tokenizer.encode(template.before, { special: true }),
    after: tokenizer.encode(after, { special: false }),
  });
}

/** A system message where there is one; one user message: the image, then the text. */
function fromChatTemplate(prompt: Prompt, text: string, system?: string): EncodedPrompt {
  const { tokenizer, style, layout } = prompt;
  const names = Object.keys(style.templates).map((n) => `"${n}"`);
  const hint = names.length > 0 ? `name one: "prompt": ${names.join(' or ')}` : undefined;
  if (!tokenizer.hasChatTemplate) throw usage('the checkpoint has no chat template', undefined, hint);
  const user: ChatMessage = { role: 'user', content: [{ type: 'image' }, { type: 'text', text }] };
  const filled = system === undefined ? tokenizer.chat([user]) : withSystem(tokenizer, system, user);
  const parts = filled.split(style.placeholder);
  const [before, after] = parts;
  if (parts.length !== 2 || before === undefined || after === undefined) {
    const times = parts.length - 1;
    throw usage(`the checkpoint's chat template places ${style.placeholder} ${times} times, not once`, undefined, hint);
  }
  if (!after.includes(text)) {
    throw usage("the checkpoint's chat template does not place the question after the image", undefined, hint);
  }
  if (system !== undefined && !before.includes(system.trim())) throw noSystemTurn();
  // a template that begins with bos itself gets no second one, as transformers' processors do it
  const special = tokenizer.bosText === undefined || !filled.startsWith(tokenizer.bosText);
  if (style.imageText) {
    const ids = tokenizer.encode(before + style.imageText(layout) + after, { special });
    return join(prompt, before, after, split(ids, runIds(prompt)));
  }
  const image = tokenizer.id(style.placeholder);
  if (image === undefined) {
    const ids = { before: tokenizer.encode(before, { special }), after: tokenizer.encode(after, { special: false }) };
    return join(prompt, before, after, ids);
  }
  // as processors do it: the text as a whole, with the image token as one of the tokenizer's own
  const ids = tokenizer.encode(filled, { special });
  const at = ids.indexOf(image);
  if (at < 0 || ids.includes(image, at + 1)) {
    throw usage(`the tokenizer does not read ${style.placeholder} as one token`, undefined, hint);
  }
  return join(prompt, before, after, { before: ids.slice(0, at), after: ids.slice(at + 1) });
}

function withSystem(tokenizer: Tokenizer, system: string, user: ChatMessage): string {
  try {
    return tokenizer.chat([{ role: 'system', content: [{ type: 'text', text: system }] }, user]);
  } catch (e) {
    // some templates refuse the role by an error of their own; what fails without a system message, too, is another matter
    tokenizer.chat([user]);
    throw e instanceof CrossflowError ? noSystemTurn(e.message) : e;
  }
}

const noSystemTurn = (why?: string): CrossflowError =>
  usage(
    `the checkpoint's chat template has no system turn before the image${why === undefined ? '' : `: ${why}`}`,
    undefined,
    'remove "system"',
  );

/** The ids of the image run: the image token's for what the tower or a learned vector gives, a mark's own. */
function runIds({ tokenizer, style, layout }: Prompt): number[] {
  const known = new Map<string, number>();
  return layout.sources.map((source) => {
    if (!('text' in source)) return style.imageTokenId;
    const id = known.get(source.text) ?? markId(tokenizer, source.text);
    known.set(source.text, id);
    return id;
  });
}

function markId(tokenizer: Tokenizer, mark: string): number {
  const ids = tokenizer.encode(mark, { special: false });
  if (ids.length === 1) return ids[0];
  throw usage(`the tokenizer reads ${JSON.stringify(mark)}, which stands in the picture, as ${ids.length} tokens`);
}

/** What stands before and after the run in a prompt that was encoded as a whole. */
function split(ids: readonly number[], run: readonly number[]): { before: number[]; after: number[] } {
  for (let at = ids.indexOf(run[0]); at >= 0; at = ids.indexOf(run[0], at + 1)) {
    if (run.every((id, i) => ids[at + i] === id))
      return { before: ids.slice(0, at), after: ids.slice(at + run.length) };
  }
  throw usage('the tokenizer reads the marks in the picture otherwise than its processor places them');
}

const join = (
  prompt: Prompt,
  before: string,
  after: string,
  ids: { readonly before: readonly number[]; readonly after: readonly number[] },
): EncodedPrompt => ({
  text: before + prompt.style.placeholder + after,
  ...ids,
  image: runIds(prompt),
  inputIds: [...ids.before, prompt.style.imageTokenId, ...ids.after],
});
