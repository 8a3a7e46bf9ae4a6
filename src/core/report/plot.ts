/**
 * Figures and a report of results that are there already: journals, tables of the published scripts, or both.
 */
import { drawStudy } from './figures/draw-study';
import { writeStudyReport } from './html/report';
import type { StudyFigureOptions } from './figures/study-figure-folders';
import type { StudyRun } from './study-run';

/**
 * Writes `figures/TASK/MODEL/NAME.svg|png|pdf|csv`, `figures/TASK/models_EDGE.*`, `report.html` and `report.md` and gives
 * their absolute paths. Throws CrossflowError `failed` when one cannot be written, `cancelled` when stopped.
 */
export async function plotRuns(
  runs: readonly StudyRun[],
  folder: string,
  options: StudyFigureOptions = {},
): Promise<readonly string[]> {
  const { files, byRun, overview } = await drawStudy(runs, folder, options);
  const report = await writeStudyReport(runs, folder, {
    overview,
    detailsOf(run) {
      const drawn = byRun.get(run);
      return { ...(drawn && { drawn }) };
    },
    ...(options.signal && { signal: options.signal }),
  });
  return [...files, ...report];
}
