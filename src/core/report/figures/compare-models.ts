import { knockoutId, knockoutLabel, type Knockout } from '../../experiment/types';
import { caption } from './caption';
import { figure, type Figure } from './figure';
import { safeNames } from '../../files/names';
import type { FigureData } from './figure-data';
import { knockoutFigure, layerAxis } from './figures';
import { figureLabel, seriesStyle } from './labels';
import type { RunStatistics } from '../statistics/run-statistics';
import { windowOf } from './run-figures';

/** One model's results on a task. */
export interface ModelResult {
  /** Unlike any other in the study. */
  readonly label: string;
  /** Place among the models of the study: decides on the colour, the same in every figure. */
  readonly place: number;
  readonly layers: number;
  readonly knockouts: readonly Knockout[];
  readonly statistics: RunStatistics;
}

/** For each knockout that two models or more were asked: one curve a model, over depth, for they differ in layers. */
export function modelFigures(task: string, models: readonly ModelResult[]): Figure[] {
  const asked = new Map<string, { readonly knockout: Knockout; readonly by: Asked[] }>();
  for (const model of models) {
    model.knockouts.forEach((knockout, i) => {
      const points = model.statistics.flow[i];
      if (points.length === 0) return;
      const id = knockoutId(knockout);
      const entry = asked.get(id) ?? { knockout, by: [] };
      entry.by.push({ model, points });
      asked.set(id, entry);
    });
  }
  const shared = [...asked.values()].filter(({ by }) => new Set(by.map(({ model }) => model)).size > 1);
  const plain = shared.map(({ knockout }) => knockoutLabel(knockout));
  const names = safeNames(
    shared.map(({ knockout }, i) =>
      plain.indexOf(plain[i]) === plain.lastIndexOf(plain[i]) ? plain[i] : knockoutId(knockout),
    ),
  );
  return shared.map(({ knockout, by }, i) => {
    const curves = by.map(({ points }) => points);
    const heads = knockout.kind === 'edge' && knockout.heads ? [`heads ${knockout.heads.join(' ')}`] : [];
    const data: FigureData = {
      title: `${figureLabel(knockout)}: ${task}`,
      caption: caption({ counts: curves.map(([p]) => p.n), window: windowOf(knockout), also: heads, curves }),
      curves: by.map(({ model, points }) => ({
        label: model.label,
        ...seriesStyle(model.place),
        points: points.map((point) => ({ ...point, depth: model.layers < 2 ? 0 : point.layer / (model.layers - 1) })),
      })),
      lastLayer: Math.max(...by.map(({ model }) => model.layers - 1)),
      over: 'depth',
      ...layerAxis([knockout]),
    };
    return figure(`models_${names[i]}`, `Models: ${figureLabel(knockout)}`, data, knockoutFigure);
  });
}

interface Asked {
  readonly model: ModelResult;
  readonly points: RunStatistics['flow'][number];
}
