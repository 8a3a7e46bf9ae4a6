import { fontPath } from './fonts';

/** The parts of a Vega text mark that decide its width. */
interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
}

let measure: Promise<(item: TextItem, text: unknown) => number> | undefined;

/**
 * Text widths in pixels from the font's own metrics, with kerning. Without a canvas Vega guesses 0.8 em a letter, which
 * leaves legends far too wide and titles in the wrong place.
 */
export function measureText(): Promise<(item: TextItem, text: unknown) => number> {
  measure ??= load();
  return measure;
}

async function load(): Promise<(item: TextItem, text: unknown) => number> {
  const { default: PDFDocument } = await import('pdfkit');
  const ruler = new PDFDocument({ autoFirstPage: false, font: fontPath('DejaVuSans.ttf') });
  ruler.registerFont('normal', fontPath('DejaVuSans.ttf'));
  ruler.registerFont('bold', fontPath('DejaVuSans-Bold.ttf'));
  return (item, text) => {
    const bold = item.fontWeight === 'bold' || Number(item.fontWeight) >= 600;
    const words = typeof text === 'string' || typeof text === 'number' ? String(text) : '';
    return ruler
      .font(bold ? 'bold' : 'normal')
      .fontSize(item.fontSize ?? 11)
      .widthOfString(words);
  };
}

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
