import type { JournalHeader, KeptRecord } from '../dataset/record';
import { kindWords, WORD_KINDS } from '../dataset/words';
import { knockoutFigure, lensFigure, wordStyle, type FigureData, type VegaLiteSpec } from './figures';
import { curveStyles } from './labels';
import { CONFIDENCE, LayerStatistics } from './statistics';
import { changeOf } from './tables';

export interface NamedFigure {
  /** File name without its ending. */
  readonly name: string;
  readonly data: FigureData;
  readonly spec: VegaLiteSpec;
}

/** The figures of a data set run: means over its questions with their intervals. */
export function studyFigures(header: JournalHeader, records: Iterable<KeptRecord>): NamedFigure[] {
  const { knockouts, model } = header.about;
  const flow = knockouts.map(() => new LayerStatistics(model.layers));
  const lens = [0, 1].map(() => WORD_KINDS.map(() => new LayerStatistics(model.layers + 1)));
  for (const r of records) {
    r.curves.forEach((scores, i) => {
      if (scores) flow[i]?.add(scores.map((score) => changeOf(score, r.base)));
    });
    const words = kindWords({ answer: r.gold, options: r.options });
    WORD_KINDS.forEach((kind, k) => {
      const at = r.lens.words.indexOf(words[kind] ?? '');
      if (words[kind] === undefined || at < 0) return;
      [r.lens.without_norm, r.lens.with_norm].forEach((rows, norm) => {
        lens[norm]?.[k]?.add((rows[at] ?? []).map((p) => 100 * p));
      });
    });
  }
  return [...flowFigures(header, flow), ...lensFigures(header, lens)];
}

function flowFigures(header: JournalHeader, statistics: readonly LayerStatistics[]): NamedFigure[] {
  const { knockouts, model } = header.about;
  const styles = curveStyles(knockouts);
  const make = (name: string, chosen: readonly number[]): NamedFigure[] => {
    const there = chosen.filter((i) => statistics[i].n > 0);
    if (there.length === 0) return [];
    const windows = new Set(there.flatMap((i) => ('window' in knockouts[i] ? [knockouts[i].window] : [])));
    const data: FigureData = {
      title: titleOf(header),
      caption: captionOf(
        there.map((i) => statistics[i].n),
        windows.size === 1 ? [...windows][0] : undefined,
      ),
      curves: there.map((i) => ({ ...styles[i], points: statistics[i].points() })),
      lastLayer: model.layers - 1,
    };
    return [{ name, data, spec: knockoutFigure(data) }];
  };
  const all = knockouts.map((_, i) => i);
  // The paper draws edges with the same target together.
  const targets = new Set(knockouts.flatMap((k) => (k.kind === 'edge' ? [k.to] : [])));
  const towards = (target: string): number[] =>
    all.filter((i) => {
      const k = knockouts[i];
      return k.kind === 'edge' && k.to === target;
    });
  return [
    ...make('information_flow', all),
    ...(targets.size > 1
      ? [...targets].flatMap((target) => make(`information_flow_to_${fileName(target)}`, towards(target)))
      : []),
  ];
}

function lensFigures(header: JournalHeader, statistics: readonly (readonly LayerStatistics[])[]): NamedFigure[] {
  return statistics.flatMap((kinds, norm) => {
    const there = WORD_KINDS.map((kind, i) => ({ kind, values: kinds[i] })).filter(({ values }) => values.n > 0);
    if (there.length === 0) return [];
    const how = norm === 0 ? 'without the final norm' : 'through the final norm';
    const data: FigureData = {
      title: titleOf(header),
      caption: `${captionOf(there.map(({ values }) => values.n))}; ${how}`,
      curves: there.map(({ kind, values }) => ({ label: kind, ...wordStyle(kind), points: values.points() })),
      lastLayer: header.about.model.layers,
    };
    return [{ name: `last_position_answer_probs${norm === 0 ? '' : '_with_norm'}`, data, spec: lensFigure(data) }];
  });
}

const titleOf = ({ about }: JournalHeader): string => `${about.task}, ${about.model.name}`;

function captionOf(counts: readonly number[], window?: number): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const questions = `${least === most ? most : `${least}–${most}`} question${most === 1 ? '' : 's'}`;
  const bands = most > 1 ? `; bands: ${100 * CONFIDENCE}% interval of the mean` : '';
  return questions + (window === undefined ? '' : `; window ${window}`) + bands;
}

const fileName = (set: string): string => set.replace(/[^\p{L}\p{N}-]+/gu, '_');
