/** The figures of a study, written to files and handed to the report. */
import { drawFigures } from './draw-figures';
import type { DrawnRun, ReportFigure } from '../html/content';
import { studyFigureFolders, type StudyFigureOptions } from './study-figure-folders';
import type { StudyRun } from '../study-run';

export interface DrawnStudy {
  /** Absolute paths of what was written. */
  readonly files: readonly string[];
  /** For `RunDetails.drawn`. */
  readonly byRun: ReadonlyMap<StudyRun, DrawnRun>;
  /** For `StudyReportOptions.overview`: what compares models. */
  readonly overview: readonly ReportFigure[];
}

/**
 * Writes `figures/TASK/MODEL/NAME.svg|pdf|png|csv` for each run, and `figures/TASK/models_EDGE.*` where several models were
 * asked the same, into a folder, for a report in that folder. Throws CrossflowError `failed` when a file cannot be written, `cancelled` when stopped.
 */
export async function drawStudy(
  runs: readonly StudyRun[],
  folder: string,
  options: StudyFigureOptions = {},
): Promise<DrawnStudy> {
  const files: string[] = [];
  const byRun = new Map<StudyRun, DrawnRun>();
  const overview: ReportFigure[] = [];
  const total = runs.length + new Set(runs.map((run) => run.task)).size;
  let done = 0;
  options.onProgress?.(done, total);
  for (const { folder: inside, of, task, figures } of studyFigureFolders(runs, options)) {
    const drawn = await drawFigures(figures, folder, `figures/${inside}`, options.signal);
    files.push(...drawn.files);
    if (of) byRun.set(of.run, { figures: drawn.figures, flow: of.statistics.flow });
    else overview.push(...drawn.figures.map((figure) => ({ ...figure, title: `${task}: ${figure.title}` })));
    options.onProgress?.(++done, total);
  }
  return { files, byRun, overview };
}
