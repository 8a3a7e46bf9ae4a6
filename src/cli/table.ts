/** Results for people: aligned columns of plain text. */
import type { Result } from '../core/engine/result';
import { change as changeWords, largestChange, NO_CHANGE, percent } from '../core/words';
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
function sparkline(values: readonly number[], full: number): string {
  return values
    .map((v) => (Number.isFinite(v) ? BARS[Math.min(7, Math.max(0, Math.round((v / (full || 1)) * 7)))] : ' '))
    .join('');
}

/** What `crossflow run` shows of one question. `window`: the experiment's own. */
export function resultTable(result: Result, question: string, gold: string | undefined, window: number): string {
  const { answer, top } = result;
  const verdict = gold === undefined ? '' : answer.correct ? `, right (${gold})` : `, wrong (right: ${gold})`;
  const others = top.slice(1).map((c) => `${c.text.trim() || JSON.stringify(c.text)} ${percent(c.probability)}`);
  const parts = [
    plain(question),
    plain(`  ${answer.text.trim()}  ${percent(answer.probability)}${verdict}`),
    ...(others.length > 0 ? [plain(`  then ${others.join(', ')}`)] : []),
    '',
  ];
  if (result.knockouts.length > 0) parts.push(...knockoutTable(result, window));
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

/** Bars of all rows have one scale, so that rises show and rows can be compared. */
function knockoutTable({ answer, knockouts, model }: Result, window: number): string[] {
  const full = Math.max(answer.probability, ...knockouts.flatMap((k) => k.scores.filter(Number.isFinite)));
  const rows = knockouts.map((k) => {
    const heads = k.heads ? ` heads ${k.heads.join(',')}` : '';
    const own = k.window !== undefined && k.window !== window ? ` window ${k.window}` : '';
    return [k.edge + heads + own, ...changeCells(k.change), sparkline(k.scores, full)];
  });
  const columns = [
    { title: 'knockout' },
    { title: 'largest change', right: true },
    { title: 'layer', right: true },
    { title: layers(model.layers) },
  ];
  const centre = knockouts.some((k) => k.window !== undefined) ? [`centre layer of the window (${window})`] : [];
  const after = knockouts.some((k) => k.window === undefined) ? ['layer after which tokens are dropped (prune)'] : [];
  return [
    table(columns, rows),
    `Largest change of the probability of "${plain(answer.text.trim())}", in percent of the clean run's ${percent(answer.probability)}.`,
    `Bars are the probability itself, a full one ${percent(full)}; by ${[...centre, ...after].join(', or ')}.`,
    '',
  ];
}

/** Change and layer. */
function changeCells(change: readonly number[]): [string, string] {
  const most = largestChange(change);
  if (!most) return ['–', ''];
  return Math.abs(most.change) < NO_CHANGE ? ['no change', ''] : [changeWords(most.change), String(most.layer)];
}
