import { stringify } from 'csv-stringify/sync';
import { kindWords, unpackWords, WORD_KINDS, type WordKind } from '../../dataset/lens-words';
import { shortest32 } from '../../dataset/numbers';
import type { JournalHeader, KeptRecord } from '../../journal/record';
import type { FigureData } from '../figures/figure-data';
import { curveStyles } from '../figures/labels';
import { scoreTuple, wordTuple } from './python';
import { changeOf } from '../../experiment/formulas';

/** `block_desc` and so on: the columns of the published scripts, the misspelling included, for other tools read them. */
export const FLOW_COLUMNS = [
  'question_id',
  'image',
  'goden answer',
  'predicted answer',
  'question',
  'block_desc',
  'layer',
  'base_score_first',
  'new_score_first',
  'relative diff first',
] as const;

/** A table of a run: its first line, and the lines of a question. */
export interface Table {
  readonly name: string;
  readonly head: string;
  lines(record: KeptRecord): string;
}

/** Names of a run's tables in the order of runTables(). */
export const TABLES = ['information_flow.csv', 'last_position_answer_probs.csv'] as const;

export const runTables = (header: JournalHeader): readonly Table[] => [
  informationFlow(header),
  answerProbabilities(header),
];

/**
 * Texts as fields of a CSV line. csv-stringify escapes them, once a question; numbers need no escaping, and a question
 * has hundreds, so tables join them to it as they are (docs/decisions.md).
 */
const fields = (...texts: readonly string[]): string => stringify([texts], { eof: false });

/** information_flow.csv: one line per knockout and layer. */
function informationFlow(header: JournalHeader): Table {
  const names = curveStyles(header.about.knockouts).map((style) => fields(style.name));
  return {
    name: TABLES[0],
    head: `${FLOW_COLUMNS.join(',')}\n`,
    lines(r) {
      const question = fields(r.question_id, r.image, r.gold, r.answer, r.question);
      let lines = '';
      r.curves.forEach((scores, i) => {
        scores?.forEach((score, layer) => {
          lines += `${question},${names[i] ?? ''},${layer},${r.base},${score},${changeOf(score, r.base)}\n`;
        });
      });
      return lines;
    },
  };
}

/** The published script's columns of words, in its order. */
const PUBLISHED_WORDS: readonly WordKind[] = [
  'Noncapitalized Answer',
  'Noncapitalized False Option',
  'Capitalized Answer',
  'Capitalized False Option',
];

/**
 * last_position_answer_probs.csv: one line per residual row (0 is the embedding, the last is after the final norm). First
 * the columns of the published script in its order, in percent and without the final norm, `image` as img_id stands in
 * the data set; its lists of the best words where "topWords" asked for them. Then ours: the predicted answer, the same
 * through the final norm, and the words of "track", both ways. A word that a question has not (no options) is empty.
 */
function answerProbabilities(header: JournalHeader): Table {
  const { track, topWords } = header.identity.settings;
  const rows = header.about.model.layers + 1;
  return {
    name: TABLES[1],
    head: `${fields(
      ...['question_id', 'image', 'goden answer', 'question', 'layer'],
      ...(topWords > 0 ? ['top_k_word', 'top_k_score'] : []),
      ...[...PUBLISHED_WORDS, 'predicted answer'],
      ...WORD_KINDS.map((kind) => `with_norm ${kind}`),
      ...track.flatMap((word) => [`without_norm ${word}`, `with_norm ${word}`]),
    )}\n`,
    lines(r) {
      const words = kindWords({ answer: r.gold, options: r.options });
      const of = (norm: 'with_norm' | 'without_norm', word: string | undefined): Probabilities =>
        word === undefined ? undefined : r.lens[norm][r.lens.words.indexOf(word)];
      const published = PUBLISHED_WORDS.map((kind) => of('without_norm', words[kind]));
      const ours = [
        ...WORD_KINDS.map((kind) => of('with_norm', words[kind])),
        ...track.flatMap((word) => [of('without_norm', word), of('with_norm', word)]),
      ];
      const question = fields(r.question_id, r.img_id, r.gold.toLowerCase(), r.question);
      const answer = fields(r.answer);
      let lines = '';
      for (let row = 0; row < rows; row++) {
        const best = topWords > 0 ? `,${fields(...bestWords(r, row))}` : '';
        lines += `${question},${row}${best}${percents(published, row)},${answer}${percents(ours, row)}\n`;
      }
      return lines;
    },
  };
}

/** A word's, by residual row; undefined of a word that the question has not. */
type Probabilities = readonly number[] | undefined;

/** Each after a comma. */
function percents(columns: readonly Probabilities[], row: number): string {
  let text = '';
  for (const column of columns) {
    const p = column?.[row];
    text += p === undefined ? ',' : `,${shortest32(100 * p)}`;
  }
  return text;
}

/** `top_k_word` and `top_k_score` as pandas writes the published script's tuples; probabilities from 0 to 1. */
function bestWords({ lens }: KeptRecord, row: number): [string, string] | ['', ''] {
  if (!lens.best) return ['', ''];
  const best = unpackWords(lens.best, row);
  return [wordTuple(best.map((word) => word.text)), scoreTuple(best.map((word) => word.score))];
}

/**
 * The numbers behind a figure. `low` and `high` are the 95% bootstrap interval, `t_low` and `t_high` Student's; `p` is
 * Wilcoxon's signed-rank test of blocked against clean probability, two-sided, then corrected over the curve's layers.
 */
export function figureTable({ curves, over }: FigureData): string {
  const depth = over === 'depth';
  const rows = curves.flatMap(({ label, points }) =>
    points.map((p) => [
      ...[label, p.layer, ...(depth ? [p.depth] : []), p.n ?? 1, p.mean, p.low ?? '', p.high ?? ''],
      ...[p.tLow ?? '', p.tHigh ?? ''],
      ...(p.test ? [p.test.direction, ...[p.test.p, p.test.holm, p.test.bh].map(short)] : ['', '', '', '']),
    ]),
  );
  const columns = [
    'curve',
    'layer',
    ...(depth ? ['depth'] : []),
    'questions',
    'mean',
    'low',
    'high',
    't_low',
    't_high',
  ];
  return stringify([[...columns, 'direction', 'p', 'p_holm', 'p_benjamini_hochberg'], ...rows]);
}

/** More digits of a p-value say nothing. */
const short = (p: number): number => Number(p.toPrecision(6));
