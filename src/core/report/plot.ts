/**
 * Figures and a report of results that are there already: journals, tables of the published scripts, or both.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptRecord, RowRecord } from '../dataset/record';
import { writeBeside } from '../dataset/write-beside';
import { cancelled, failed } from '../errors';
import { reportFigure, writeStudyReport, type ReportFigure } from './html/report';
import { renderAll } from './render';
import { studyFigures } from './study-figures';
import type { StudyRun } from './study-run';
import { figureTable } from './tables';

export interface PlotOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Plotted {
  /** Absolute paths of what was written. */
  readonly files: readonly string[];
  /** By run: questions that figures show. */
  readonly questions: readonly number[];
}

/**
 * Writes `figures/TASK/MODEL/NAME.svg|png|pdf|csv`, `report.html` and `report.md`. Throws
 * CrossflowError `failed` when one cannot be written, `cancelled` when stopped.
 */
export async function plotRuns(
  runs: readonly StudyRun[],
  folder: string,
  { signal, onProgress }: PlotOptions = {},
): Promise<Plotted> {
  const files: string[] = [];
  const questions: number[] = [];
  const figures = new Map<StudyRun, ReportFigure[]>();
  for (const [i, run] of runs.entries()) {
    onProgress?.(i, runs.length);
    const drawings: ReportFigure[] = [];
    const place = `figures/${safe(run.task)}/${safe(run.model)}`;
    await makeFolder(join(folder, place));
    questions.push(0);
    const kept = counted(keptOf(run.records()), () => questions[i]++);
    for (const { name, data, spec } of studyFigures(run.header, kept)) {
      if (signal?.aborted) throw cancelled();
      const contents = { ...(await renderAll(spec)), csv: figureTable(data) };
      const written = (['png', 'svg', 'pdf', 'csv'] as const).map((format) => {
        const file = `${place}/${name}.${format}`;
        writeBeside(join(folder, file), [contents[format]]);
        files.push(join(folder, file));
        return file;
      });
      const labels = data.curves.map((curve) => curve.label);
      drawings.push(reportFigure(name, Buffer.from(contents.svg).toString(), labels, written));
    }
    figures.set(run, drawings);
  }
  onProgress?.(runs.length, runs.length);
  const detailsOf = (run: StudyRun) => ({ figures: figures.get(run) ?? [] });
  files.push(...(await writeStudyReport(runs, folder, { detailsOf, ...(signal && { signal }) })));
  return { files, questions };
}

function* counted<T>(items: Iterable<T>, count: () => void): Generator<T> {
  for (const item of items) {
    count();
    yield item;
  }
}

/** Part of a file name: names come from files. */
const safe = (name: string): string => name.replace(/[^\p{L}\p{N}_.()-]+/gu, '_').replace(/^\.+/, '_') || '_';

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((e: unknown) => {
    throw failed(`cannot be made: ${(e as Error).message}`, path);
  });
}

function* keptOf(records: Iterable<RowRecord>): Generator<KeptRecord> {
  for (const record of records) if (record.is === 'kept') yield record;
}
