import { stringify } from 'csv-stringify/sync';
import { unpackWords } from '../dataset/best-words';
import { shortest32 } from '../dataset/numbers';
import type { JournalHeader, KeptRecord } from '../dataset/record';
import { kindWords, WORD_KINDS, type WordKind } from '../dataset/words';
import type { FigureData } from './figures';
import { curveStyles } from './labels';
import { scoreTuple, wordTuple } from './python';

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

/** information_flow.csv, a piece for each question: one line per knockout and layer. */
export function* informationFlow(header: JournalHeader, records: Iterable<KeptRecord>): Generator<string> {
  yield stringify([[...FLOW_COLUMNS]]);
  const names = curveStyles(header.about.knockouts).map((style) => style.name);
  for (const r of records) {
    yield stringify(
      r.curves.flatMap((scores, i) =>
        (scores ?? []).map((score, layer) => [
          ...[r.question_id, r.image, r.gold, r.answer, r.question, names[i]],
          ...[layer, r.base, score, changeOf(score, r.base)],
        ]),
      ),
    );
  }
}

/** Change of the answer's probability in percent, as published. */
export const changeOf = (score: number, base: number): number => (100 * (score - base)) / base;

/** The published script's columns of words, in its order. */
const PUBLISHED_WORDS: readonly WordKind[] = [
  'Noncapitalized Answer',
  'Noncapitalized False Option',
  'Capitalized Answer',
  'Capitalized False Option',
];

/**
 * last_position_answer_probs.csv, a piece for each question: one line per residual row (0 is the embedding, the last is
 * after the final norm). First the columns of the published script in its order, in percent and without the final norm,
 * `image` as img_id stands in the data set; its lists of the best words where "topWords" asked for them. Then ours: the
 * predicted answer, the same through the final norm, and the words of "track", both ways. A word that a question has not
 * (no options) is empty.
 */
export function* answerProbabilities(header: JournalHeader, records: Iterable<KeptRecord>): Generator<string> {
  const { track, topWords } = header.identity.settings;
  yield stringify([
    [
      ...['question_id', 'image', 'goden answer', 'question', 'layer'],
      ...(topWords > 0 ? ['top_k_word', 'top_k_score'] : []),
      ...[...PUBLISHED_WORDS, 'predicted answer'],
      ...WORD_KINDS.map((kind) => `with_norm ${kind}`),
      ...track.flatMap((word) => [`without_norm ${word}`, `with_norm ${word}`]),
    ],
  ]);
  for (const r of records) {
    const words = kindWords({ answer: r.gold, options: r.options });
    const percent = (norm: 'with_norm' | 'without_norm', word: string | undefined, row: number): number | '' => {
      const p = word === undefined ? undefined : r.lens[norm][r.lens.words.indexOf(word)]?.[row];
      return p === undefined ? '' : shortest32(100 * p);
    };
    yield stringify(
      Array.from({ length: header.about.model.layers + 1 }, (_, row) => [
        ...[r.question_id, r.img_id, r.gold.toLowerCase(), r.question, row],
        ...(topWords > 0 ? bestWords(r, row) : []),
        ...PUBLISHED_WORDS.map((kind) => percent('without_norm', words[kind], row)),
        r.answer,
        ...WORD_KINDS.map((kind) => percent('with_norm', words[kind], row)),
        ...track.flatMap((word) => [percent('without_norm', word, row), percent('with_norm', word, row)]),
      ]),
    );
  }
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
