/** Breaks a text into lines of at most so many letters, between words; a longer word is broken where it must be. */
export function wrap(text: string, letters: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((w) => pieces(w, letters))) {
    if (line !== '' && line.length + 1 + word.length > letters) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

const pieces = (word: string, letters: number): string[] => {
  const all = Array.from(word);
  return Array.from({ length: Math.max(1, Math.ceil(all.length / letters)) }, (_, i) =>
    all.slice(i * letters, (i + 1) * letters).join(''),
  );
};
