/**
 * The words the lens follows when an experiment names none: gold answer, then options, each without and with a capital
 * letter, no word twice. As in the published runs, the rest of a word is in lower case.
 */
export function defaultTrack(answer: string | undefined, options?: readonly string[]): string[] {
  const words = [answer, ...(options ?? [])].filter((w): w is string => w !== undefined && w.trim() !== '');
  const forms = words.flatMap((word) => {
    const lower = word.trim().toLowerCase();
    const [first = '', ...rest] = lower;
    return [lower, first.toUpperCase() + rest.join('')];
  });
  return [...new Set(forms)];
}

/**
 * Default words and the model's own answer, where that is none of them: a lens of a wrong answer shows what it says
 * instead.
 * @param answer the text of the clean run's answer
 */
export function withAnswer(words: readonly string[], answer: string): string[] {
  const text = answer.trim();
  return text === '' || words.includes(text) ? [...words] : [...words, text];
}
