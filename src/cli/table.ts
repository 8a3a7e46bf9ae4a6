/** Results for people: aligned columns of plain text. */
import type { ResultDocument, ResultKnockout } from '../core/engine/result';
import { plain } from './report';

export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

/** Rows under their titles, columns two blanks apart; nothing stands behind the last column. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map((c) => c.title), ...rows.map((row) => row.map(plain))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => width(row[i] ?? ''))));
  const line = (row: readonly string[]) =>
    columns
      .map((c, i) => pad(row[i] ?? '', widths[i] ?? 0, c.right ?? false))
      .join('  ')
      .trimEnd();
  return cells.map(line).join('\n') + '\n';
}

/** Places a text takes in a terminal: East Asian wide signs take two, combining marks none. */
function width(text: string): number {
  let places = 0;
  for (const sign of text) {
    if (/\p{M}|\u200d/u.test(sign)) continue;
    places +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        sign,
      )
        ? 2
        : 1;
  }
  return places;
}
const pad = (text: string, places: number, right: boolean) => {
  const blanks = ' '.repeat(Math.max(0, places - width(text)));
  return right ? blanks + text : text + blanks;
};

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** One bar a value, from 0 (lowest bar) to `full` and above (highest). */
export function sparkline(values: readonly number[], full: number): string {
  return values
    .map((v) => (Number.isFinite(v) ? BARS[Math.min(7, Math.max(0, Math.round((v / (full || 1)) * 7)))] : ' '))
    .join('');
}

export const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;
/** A change in percent with its sign. */
const signed = (change: number): string => {
  const text = change.toFixed(1);
  return `${change > 0 && text !== '0.0' ? '+' : ''}${text === '-0.0' ? '0.0' : text} %`;
};

/** What `crossflow run` shows of one question. `window`: the experiment's own. */
export function resultTable(
  result: ResultDocument,
  question: string,
  gold: string | undefined,
  window: number,
): string {
  const { answer, top } = result;
  const verdict = gold === undefined ? '' : answer.correct ? `, right (${gold})` : `, wrong (right: ${gold})`;
  const others = top.slice(1).map((c) => `${c.text.trim() || JSON.stringify(c.text)} ${percent(c.probability)}`);
  const parts = [
    plain(question),
    plain(`  ${answer.text.trim()}  ${percent(answer.probability)}${verdict}`),
    ...(others.length > 0 ? [plain(`  then ${others.join(', ')}`)] : []),
    '',
  ];
  if (result.knockouts.length > 0) {
    parts.push(
      table(
        [
          { title: 'knockout' },
          { title: 'lowest', right: true },
          { title: 'layer', right: true },
          { title: layers(result.model.layers) },
        ],
        result.knockouts.map((k) => knockoutRow(k, window, answer.probability)),
      ),
      `Change of the probability of "${plain(answer.text.trim())}" by centre layer, window ${window}. A full bar is the clean run's probability.`,
      '',
    );
  }
  const words = Object.entries(result.lens.with_norm);
  if (words.length > 0) {
    parts.push(
      table(
        [{ title: 'lens' }, { title: 'last', right: true }, { title: 'embedding, then after each layer' }],
        words.map(([word, row]) => [word, percent(row.at(-1) ?? NaN), sparkline(row, 1)]),
      ),
      'Probability of the word at the last position, read through the final norm. A full bar is 100 %.',
      '',
    );
  }
  return parts.join('\n');
}

const layers = (n: number) => (n > 5 ? `layers 0 to ${n - 1}` : 'layers');

function knockoutRow(k: ResultKnockout, window: number, base: number): string[] {
  const least = k.change.reduce((best, change, i) => (change < (k.change[best] ?? Infinity) ? i : best), 0);
  const heads = k.heads ? ` heads ${k.heads.join(',')}` : '';
  const own = k.window !== undefined && k.window !== window ? ` window ${k.window}` : '';
  return [k.edge + heads + own, signed(k.change[least] ?? NaN), String(least), sparkline(k.scores, base)];
}
