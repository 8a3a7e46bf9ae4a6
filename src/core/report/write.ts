/**
 * The one way from results to files: tables, `run.json`, figures, `report.html` and `report.md`. Each run's results are
 * read once. Nothing is computed by a model, so it may be done at any time, also while a run goes on: then it shows what
 * is done.
 *
 * Tables and figures hang on the results alone: the same results give the same bytes, whatever interrupted the run.
 * run.json and the reports hold dates and times and differ.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '../engine/control';
import { failed } from '../errors';
import type { DatasetInput, Experiment } from '../experiment/types';
import { writeBeside } from '../files/write-beside';
import { modelFigures, type ModelResult } from './figures/compare-models';
import type { Palette } from './figures/labels';
import { placesOf, type PlacedRun } from './figures/places';
import { runFigures } from './figures/run-figures';
import { writeFigures, type WrittenFigure } from './figures/write-figures';
import { LIMITS, readRun, type RunFindings } from './findings';
import { curveSummaries, type RunPart } from './html/content';
import { Pictures, type Picture, type Sight } from './html/pictures';
import { writeReport } from './html/report';
import type { RunResults } from './run';
import { runSummary, type ReportSummary } from './summary';
import { TableFiles } from './tables/table-files';
import { TABLES } from './tables/tables';

/** Results of Crossflow's own. */
export interface OwnResults extends RunResults {
  readonly own?: {
    readonly experiment: Experiment;
    /** Of its tables, relative to the report's; empty for a run that has the folder to itself, figures included. */
    readonly folder: string;
    /** Damaged lines of its journals. */
    readonly damaged: number;
    /** How the model sees pictures; left out: the report marks boxes, not the patches that belong to them. */
    readonly sight?: Sight;
  };
}

export const MADE = ['tables', 'figures', 'report'] as const;
export type Made = (typeof MADE)[number];

export interface WriteOptions {
  /** What is made; left out: everything. Tables are made of own results alone. */
  readonly make?: readonly Made[];
  /** Stands before what was run, in the report. */
  readonly title?: string;
  /** Left out: colours that anybody can tell apart. */
  readonly palette?: Palette;
  readonly signal?: AbortSignal;
  /** So many of the steps are done: one a run, and one a task for what compares its models. */
  readonly onProgress?: (what: Made, done: number, total: number) => void;
}

export interface Written {
  /** Absolute paths. */
  readonly files: readonly string[];
  /** What each run's results come to, in the order of the runs. */
  readonly findings: readonly RunFindings[];
  /** run.json of each run whose tables were made. */
  readonly summaries: readonly ReportSummary[];
}

/** All outliers' pictures together at most: with 15 kB each they stay below 5 MB. */
const MOST_PICTURES = 240;

/** Throws CrossflowError `failed` when a file cannot be written, `cancelled` when stopped: each file is whole, old or new. */
export async function writeResults(
  runs: readonly OwnResults[],
  folder: string,
  options: WriteOptions = {},
): Promise<Written> {
  const { make = MADE, signal, onProgress } = options;
  const files: string[] = [];
  const summaries: ReportSummary[] = [];
  const overview: WrittenFigure[] = [];
  const parts = new Map<OwnResults, RunPart>();
  const step = make.includes('figures') ? 'figures' : 'tables';
  const tasks = placesOf(runs);
  let done = 0;
  const told = (): void => onProgress?.(step, done, runs.length + tasks.length);
  told();
  for (const { task, folder: inside, runs: those } of tasks) {
    const results: ModelResult[] = [];
    for (const placed of those) {
      await pause(signal);
      const made = await oneRun(placed, runs.length, folder, options);
      files.push(...made.files);
      if (made.summary) summaries.push(made.summary);
      parts.set(placed.run, made.part);
      results.push(...modelResult(placed, made.part));
      done++;
      told();
    }
    if (make.includes('figures')) {
      const compared = await writeFigures(modelFigures(task, results), folder, `figures/${inside}`, signal);
      files.push(...compared.files);
      overview.push(...compared.figures.map((figure) => ({ ...figure, heading: `${task}: ${figure.heading}` })));
    }
    done++;
    told();
  }
  if (make.includes('report')) {
    onProgress?.('report', 0, 1);
    await pause(signal);
    files.push(...(await writeReport(runs.map((run) => parts.get(run)!), folder, { title: options.title, overview }))); // prettier-ignore
  }
  return { files, findings: runs.map((run) => parts.get(run)!), summaries };
}

interface MadeRun {
  readonly files: readonly string[];
  readonly summary?: ReportSummary;
  readonly part: RunPart;
}

async function oneRun(
  { run, folder: place }: PlacedRun<OwnResults>,
  runs: number,
  folder: string,
  { make = MADE, palette, signal }: WriteOptions,
): Promise<MadeRun> {
  const { own } = run;
  const files: string[] = [];
  const output = join(folder, own?.folder ?? '');
  const tables = own && make.includes('tables') ? await tableFiles(output, run) : undefined;
  let findings: RunFindings;
  try {
    const outliers = Math.min(LIMITS.outliers, Math.max(2, Math.floor(MOST_PICTURES / runs)));
    const curves = make.some((one) => one !== 'tables');
    findings = await readRun(run, { tables, curves, limits: { ...LIMITS, outliers }, signal });
    files.push(...(tables?.finish() ?? []));
  } finally {
    tables?.discard();
  }
  const summary = own && tables && runSummary(own.experiment, findings, own.damaged);
  if (summary) {
    const path = join(output, 'run.json');
    writeBeside(path, [`${JSON.stringify(summary, null, 2)}\n`]);
    files.push(path);
  }
  const { statistics } = findings;
  const drawn = make.includes('figures') && statistics ? runFigures(run.header, statistics, { ...(palette && { palette }) }) : []; // prettier-ignore
  const figures = await writeFigures(drawn, folder, own?.folder === '' ? 'figures' : `figures/${place}`, signal);
  files.push(...figures.files);
  const subject = own?.experiment.subject.kind === 'dataset' ? own.experiment.subject : undefined;
  return {
    files,
    ...(summary && { summary }),
    part: {
      ...findings,
      figures: figures.figures,
      curves: curveSummaries(findings),
      pictures: subject && make.includes('report') ? await picturesOf(findings, subject, own?.sight) : [],
      ...(own && {
        tables: TABLES.map((name) => (own.folder === '' ? name : `${own.folder}/${name}`)),
        damaged: own.damaged,
        wanted: Math.min(subject?.limit ?? Infinity, run.header.about.rows),
      }),
    },
  };
}

async function tableFiles(folder: string, { header }: RunResults): Promise<TableFiles> {
  await mkdir(folder, { recursive: true }).catch((e: unknown) => {
    throw failed(`cannot be made: ${(e as Error).message}`, folder);
  });
  return new TableFiles(folder, header);
}

const modelResult = ({ run, label, place }: PlacedRun<OwnResults>, { statistics }: RunFindings): ModelResult[] => {
  const { model, knockouts } = run.header.about;
  return statistics ? [{ label, place, layers: model.layers, knockouts, statistics }] : [];
};

async function picturesOf(
  { outliers }: RunFindings,
  dataset: DatasetInput,
  sight: Sight | undefined,
): Promise<(Picture | string)[]> {
  const opened = await Pictures.open({ dataset, ...(sight && { sight }) });
  const pictures: (Picture | string)[] = [];
  for (const { record } of outliers) {
    pictures.push(typeof opened === 'string' ? opened : await opened.of(record));
  }
  return pictures;
}
