import assert from 'node:assert/strict';
import { stringify } from 'csv-stringify/sync';
import { kindWords, packWords, unpackWords, WORD_KINDS } from '../../src/core/dataset/lens-words';
import { shortest32 } from '../../src/core/dataset/numbers';
import type { JournalHeader, KeptRecord } from '../../src/core/journal/record';
import { curveStyles } from '../../src/core/report/figures/labels';
import { scoreTuple, wordTuple } from '../../src/core/report/tables/python';
import { FLOW_COLUMNS, runTables } from '../../src/core/report/tables/tables';
import { changeOf } from '../../src/core/experiment/formulas';
import { header, kept } from '../journal/records';
import { random as seeded } from '../support/synthetic';

/** The same tables with every field, numbers too, handed to csv-stringify. */
function reference({ about, identity }: JournalHeader, records: readonly KeptRecord[]): string[] {
  const { track, topWords } = identity.settings;
  const names = curveStyles(about.knockouts).map((style) => style.name);
  const flow = records.flatMap((r) =>
    r.curves.flatMap((scores, i) =>
      (scores ?? []).map((score, layer) => [
        ...[r.question_id, r.image, r.gold, r.answer, r.question, names[i]],
        ...[layer, r.base, score, changeOf(score, r.base)],
      ]),
    ),
  );
  const published = [
    'Noncapitalized Answer',
    'Noncapitalized False Option',
    'Capitalized Answer',
    'Capitalized False Option',
  ] as const;
  const head = [
    ...['question_id', 'image', 'goden answer', 'question', 'layer'],
    ...(topWords > 0 ? ['top_k_word', 'top_k_score'] : []),
    ...[...published, 'predicted answer'],
    ...WORD_KINDS.map((kind) => `with_norm ${kind}`),
    ...track.flatMap((word) => [`without_norm ${word}`, `with_norm ${word}`]),
  ];
  const lens = records.flatMap((r) => {
    const words = kindWords({ answer: r.gold, options: r.options });
    const percent = (norm: 'with_norm' | 'without_norm', word: string | undefined, row: number): number | '' => {
      const p = word === undefined ? undefined : r.lens[norm][r.lens.words.indexOf(word)]?.[row];
      return p === undefined ? '' : shortest32(100 * p);
    };
    return Array.from({ length: about.model.layers + 1 }, (_, row) => {
      const best = r.lens.best ? unpackWords(r.lens.best, row) : undefined;
      const lists = best ? [wordTuple(best.map((w) => w.text)), scoreTuple(best.map((w) => w.score))] : ['', ''];
      return [
        ...[r.question_id, r.img_id, r.gold.toLowerCase(), r.question, row],
        ...(topWords > 0 ? lists : []),
        ...published.map((kind) => percent('without_norm', words[kind], row)),
        r.answer,
        ...WORD_KINDS.map((kind) => percent('with_norm', words[kind], row)),
        ...track.flatMap((word) => [percent('without_norm', word, row), percent('with_norm', word, row)]),
      ];
    });
  });
  return [stringify([[...FLOW_COLUMNS], ...flow]), stringify([head, ...lens])];
}

const LAYERS = 4;
const PIECES = [
  ...Array.from('aZ9"",,\n\r  \t\'=+-@;'),
  '\r\n',
  '""',
  'größer',
  '日本',
  '😀',
  '\ud800',
  '\ufeff',
  '1e-7',
  '0.10',
  ' ',
];

describe('tables of a run', () => {
  const random = seeded(17);
  const below = (n: number): number => Math.floor(n * random());
  const text = (): string => Array.from({ length: below(7) }, () => PIECES[below(PIECES.length)]).join('');
  const probability = (): number => shortest32([random() ** 8, random() * 1e-9, 0, 1, random()][below(5)]);
  const list = (length: number): number[] => Array.from({ length }, probability);

  const made = (row: number, track: readonly string[], topWords: number): KeptRecord => {
    const gold = text();
    const options: [string, string] | undefined = below(3) > 0 ? [text(), text()] : undefined;
    const words = [...new Set([...Object.values(kindWords({ answer: gold, options })), ...track])];
    const best = Array.from({ length: LAYERS + 1 }, () =>
      Array.from({ length: topWords }, () => ({ text: text(), probability: random() })),
    );
    const record = kept(row, {
      ...{ gold, options, question_id: text(), img_id: text(), image: text(), question: text(), answer: text() },
      base: below(20) === 0 ? 0 : probability(),
      curves: Array.from({ length: 3 }, () => (below(4) === 0 ? null : list(LAYERS))),
      lens: {
        words: below(4) === 0 ? words.slice(1) : words,
        without_norm: words.map(() => list(LAYERS + 1)),
        with_norm: words.map(() => list(below(6) === 0 ? 2 : LAYERS + 1)),
        ...(topWords > 0 && below(5) > 0 && { best: packWords(best) }),
      },
    });
    if (!options) delete (record as { options?: unknown }).options;
    return record;
  };

  for (const [name, track, topWords] of [
    ['nothing else', [], 0],
    ['words followed', ['zebra', 'a "quoted", word', ' \n'], 0],
    ['best words', ['zebra'], 3],
  ] as const) {
    it(`have the bytes that csv-stringify gives field by field, with ${name}`, () => {
      const base = header();
      const of: JournalHeader = {
        identity: { ...base.identity, settings: { ...base.identity.settings, track: [...track], topWords } },
        about: {
          ...base.about,
          model: { ...base.about.model, layers: LAYERS },
          // A set may be called anything.
          knockouts: [
            { kind: 'edge', from: 'Question', to: 'Last', window: 3 },
            { kind: 'edge', from: 'the "red", one', to: ' x ', window: 3 },
            { kind: 'prune', of: 'Image' },
          ],
        },
      };
      const records = Array.from({ length: 400 }, (_, row) => made(row, track, topWords));
      const tables = runTables(of).map((table) => table.head + records.map((r) => table.lines(r)).join(''));
      assert.deepEqual(tables, reference(of, records));
    });
  }
});
