/**
 * `report.html` and `report.md`: what was run and what came of it, for people. The HTML stands alone: pictures and
 * drawings are inside it, it needs no network and no script, and says so to the browser.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptRecord, RowRecord } from '../../dataset/record';
import { writeBeside } from '../../dataset/write-beside';
import { cancelled, failed } from '../../errors';
import type { FigureData, FigurePoint } from '../figures';
import { curveStyles } from '../labels';
import { renderSvg } from '../render';
import { runStatistics } from '../run-statistics';
import { studyFigures, windowOf, type NamedFigure } from '../study-figures';
import type { StudyRun } from '../study-run';
import { digest, LIMITS, type RunDigest } from './digest';
import { machineFacts } from './facts';
import { markdownReport } from './markdown';
import { htmlReport } from './page';
import { Pictures, type Picture, type PictureSource } from './pictures';

export interface ReportFigure {
  /** Stands below it. */
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
  readonly svg: string;
  /** Where it also lies, relative to the report: `figures/information_flow.pdf`. */
  readonly files: readonly string[];
  /** The numbers behind it. */
  readonly data: FigureData;
}

/** What a run's results do not say of themselves. */
export interface RunDetails {
  /** Left out: no pictures. */
  readonly pictures?: PictureSource;
  /** Left out: drawn here. */
  readonly figures?: readonly ReportFigure[];
  /** Tables of the results, relative to the report. */
  readonly files?: readonly string[];
  /** Damaged lines of the journal. */
  readonly damaged?: number;
  /** Questions that the run is to ask in all. */
  readonly wanted?: number;
}

export interface StudyReportOptions {
  /** Stands before what was run. */
  readonly title?: string;
  /** Figures of more than one run. */
  readonly overview?: readonly ReportFigure[];
  readonly detailsOf?: (run: StudyRun) => RunDetails;
  readonly signal?: AbortSignal;
  /** Left out: the clock's. */
  readonly now?: Date;
}

/** A knockout's curve where its mean is lowest. */
export interface CurveDigest {
  /** As figures call it. */
  readonly label: string;
  readonly window?: number;
  /** Questions that have all the knockout's sets. */
  readonly questions: number;
  readonly lowest?: FigurePoint;
}

/** One run with all that is shown of it. */
export interface RunPart extends RunDigest {
  readonly details: RunDetails;
  readonly figures: readonly ReportFigure[];
  /** By outlier: its picture, or why there is none; empty where nobody knows of pictures. */
  readonly pictures: readonly (Picture | string)[];
  /** By knockout. */
  readonly curves: readonly CurveDigest[];
}

export interface ReportContent {
  readonly title: string;
  readonly overview: readonly ReportFigure[];
  readonly parts: readonly RunPart[];
  readonly machine: readonly (readonly [string, string])[];
}

/** All outliers' pictures together at most: with 15 kB each they stay below 5 MB. */
export const MOST_PICTURES = 240;

/**
 * Writes both reports into a folder and gives their paths. Throws CrossflowError `failed` when one cannot be written
 * (each is whole, old or new), `cancelled` when stopped.
 */
export async function writeStudyReport(
  runs: readonly StudyRun[],
  folder: string,
  options: StudyReportOptions = {},
): Promise<string[]> {
  const outliers = Math.min(LIMITS.outliers, Math.max(2, Math.floor(MOST_PICTURES / Math.max(1, runs.length))));
  const parts: RunPart[] = [];
  for (const run of runs) {
    if (options.signal?.aborted) throw cancelled();
    parts.push(await readPart(run, options.detailsOf?.(run) ?? {}, outliers));
  }
  const content: ReportContent = {
    title: options.title === undefined ? titleOf(runs) : `${options.title}: ${titleOf(runs)}`,
    overview: options.overview ?? [],
    parts,
    machine: machineFacts(options.now ?? new Date()),
  };
  await mkdir(folder, { recursive: true }).catch((e: unknown) => {
    throw failed(`cannot be made: ${(e as Error).message}`, folder);
  });
  const files = { 'report.html': htmlReport(content), 'report.md': markdownReport(content) };
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    writeBeside(path, [text]);
    return path;
  });
}

async function readPart(run: StudyRun, details: RunDetails, outliers: number): Promise<RunPart> {
  const digested = digest(run, { ...LIMITS, outliers });
  const figures = details.figures ?? (await draw(run));
  return {
    ...digested,
    details,
    figures,
    pictures: await picturesOf(digested, details.pictures),
    curves: curveSummaries(run, figures),
  };
}

async function picturesOf(digested: RunDigest, source: PictureSource | undefined): Promise<(Picture | string)[]> {
  if (!source) return [];
  const opened = await Pictures.open(source);
  const pictures: (Picture | string)[] = [];
  for (const { record } of digested.outliers) {
    pictures.push(typeof opened === 'string' ? opened : await opened.of(record));
  }
  return pictures;
}

async function draw(run: StudyRun): Promise<ReportFigure[]> {
  const drawn: ReportFigure[] = [];
  for (const figure of studyFigures(run.header, keptOf(run.records()))) {
    drawn.push(reportFigure(figure, await renderSvg(figure.spec), []));
  }
  return drawn;
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

/** What tables say of curves: the numbers of the figure of all knockouts, or the same computed where nothing is drawn. */
function curveSummaries(run: StudyRun, figures: readonly ReportFigure[]): CurveDigest[] {
  const { knockouts } = run.header.about;
  const styles = curveStyles(knockouts);
  const all = figures.find(({ data }) => data.curves.some((curve) => styles.some((s) => s.label === curve.label)));
  const flow = all
    ? styles.map(({ label }) => all.data.curves.find((curve) => curve.label === label)?.points ?? [])
    : runStatistics(run.header, keptOf(run.records())).flow;
  return styles.map((style, i): CurveDigest => {
    const [lowest] = [...flow[i]].sort((a, b) => a.mean - b.mean);
    const window = windowOf(knockouts[i]);
    return {
      label: style.label,
      ...(window !== undefined && { window }),
      questions: lowest?.n ?? 0,
      ...(lowest && { lowest }),
    };
  });
}

function* keptOf(records: Iterable<RowRecord>): Generator<KeptRecord> {
  for (const record of records) if (record.is === 'kept') yield record;
}

function titleOf(runs: readonly StudyRun[]): string {
  const [only] = runs;
  if (only && runs.length === 1) return `${only.task}, ${only.model}`;
  const distinct = (names: readonly string[]): string[] => [...new Set(names)];
  const models = distinct(runs.map((run) => run.model));
  const tasks = distinct(runs.map((run) => run.task));
  const list = (names: readonly string[], many: string): string =>
    names.length > 3 ? `${names.length} ${many}` : names.join(', ');
  return `${list(tasks, 'tasks')} on ${list(models, 'models')}`;
}
