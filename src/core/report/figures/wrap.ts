/** Breaks a text into lines of at most so many letters, between words; a longer word after a `-`, `_`, `/` or anywhere. */
export function wrap(text: string, letters: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((w) => pieces(Array.from(w), letters))) {
    if (line !== '' && line.length + 1 + word.length > letters) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function pieces(word: readonly string[], letters: number): string[] {
  if (word.length <= letters) return [word.join('')];
  const mark = word.slice(0, letters).findLastIndex((letter) => '-_/'.includes(letter));
  const end = mark < letters / 2 ? letters : mark + 1;
  return [word.slice(0, end).join(''), ...pieces(word.slice(end), letters)];
}
