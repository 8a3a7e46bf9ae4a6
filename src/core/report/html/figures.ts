/** Figures as reports show them, and what tables say of their curves. */
import { keptOf } from '../../journal/record';
import { curveStyles } from '../figures/labels';
import { renderSvg } from '../figures/render';
import { runStatistics, type RunStatistics } from '../statistics/run-statistics';
import { runFigures, windowOf, type NamedFigure } from '../figures/study-figures';
import type { StudyRun } from '../study-run';
import type { CurveDigest, DrawnRun, ReportFigure } from './content';

/** The figures of a run, drawn for the report alone. */
export async function draw(run: StudyRun): Promise<DrawnRun> {
  const statistics = runStatistics(run.header, keptOf(run.records()));
  const figures: ReportFigure[] = [];
  for (const figure of runFigures(run.header, statistics)) {
    figures.push(reportFigure(figure, await renderSvg(figure.spec), []));
  }
  return { figures, flow: statistics.flow };
}

const FIGURE_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^information_flow$/, 'All knockouts'],
  [/^information_flow_window_(\d+)$/, 'Knockouts with window $1'],
  [/^information_flow_to_(.+)_window_(\d+)$/, 'Knockouts towards $1, window $2'],
  [/^information_flow_to_(.+)$/, 'Knockouts towards $1'],
  [/^last_position_answer_probs$/, 'Words at the last position, without the final norm'],
  [/^last_position_answer_probs_with_norm$/, 'Words at the last position, through the final norm'],
  [/^heat_map_(.+)$/, 'Windows of $1'],
  [/^models_(.+)$/, 'Models: $1'],
];

/** A figure by its file name. `files`: without it the report alone has it. */
export function reportFigure(
  { name, data }: Pick<NamedFigure, 'name' | 'data'>,
  svg: string,
  files: readonly string[],
): ReportFigure {
  const found = FIGURE_NAMES.find(([pattern]) => pattern.test(name));
  const words = found ? name.replace(...found).replaceAll('_to_', '↛') : name;
  const title = words.replaceAll('_', ' ');
  const labels = data.curves.map((curve) => curve.label).join(', ');
  return { title, alt: `${title}: ${labels} by ${data.over ?? 'layer'}`, svg, files, data };
}

/** What tables say of a run's curves. */
export function curveSummaries({ header }: StudyRun, flow: RunStatistics['flow']): CurveDigest[] {
  const { knockouts } = header.about;
  return curveStyles(knockouts).map(({ label }, i): CurveDigest => {
    const [lowest] = [...flow[i]].sort((a, b) => a.mean - b.mean);
    const window = windowOf(knockouts[i]);
    return { label, ...(window !== undefined && { window }), questions: lowest?.n ?? 0, ...(lowest && { lowest }) };
  });
}
