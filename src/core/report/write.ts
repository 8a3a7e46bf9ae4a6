/**
 * Data set runs, part two of two (part one: core/dataset/run.ts): makes `information_flow.csv`,
 * `last_position_answer_probs.csv`, `figures/`, `run.json`, `report.html` and `report.md` in the output folder from the
 * journal there. It computes no
 * model and changes no journal, so it may be called at any time, also while a run goes on: then it shows what is done.
 *
 *     const { files, summary } = await writeReport(experiment);
 *
 * The tables and figures hang on the results alone: the same results give the same bytes, whatever interrupted the run.
 * run.json and the reports hold dates and times and differ.
 */
import { join } from 'node:path';
import { pause } from '../engine/control';
import { usage } from '../errors';
import { settingsChanges, settingsOf } from '../journal/identity';
import { JournalReader } from '../journal/reader';
import { keptOf } from '../journal/record';
import { journalPath } from '../dataset/run';
import { writeBeside } from '../files/write-beside';
import type { Experiment } from '../experiment/types';
import { drawFigures } from './figures/draw-figures';
import type { Sight } from './html/pictures';
import type { RunDetails } from './html/content';
import { writeStudyReport } from './html/report';
import { runStatistics } from './statistics/run-statistics';
import { runFigures } from './figures/study-figures';
import type { StudyRun } from './study-run';
import { runSummary, type ReportSummary } from './summary';
import { TABLES } from './tables/tables';
import { writeTables } from './tables/write-tables';

export interface ReportOptions {
  readonly signal?: AbortSignal;
  /** Left out: true. */
  readonly figures?: boolean;
  /** How the model sees pictures; left out: the report marks boxes, not the patches that belong to them. */
  readonly sight?: Sight;
}

export interface Report {
  /** Absolute paths of what was written. */
  readonly files: readonly string[];
  readonly summary: ReportSummary;
}

/**
 * Throws CrossflowError `usage` when there is no journal or it is of other settings, `failed` when a file cannot be
 * written, `cancelled` when stopped (each file is whole, old or new).
 */
export async function writeReport(experiment: Experiment, options: ReportOptions = {}): Promise<Report> {
  if (experiment.subject.kind !== 'dataset') throw usage('has no "dataset"', experiment.file);
  const { signal } = options;
  const limit = experiment.subject.limit ?? Infinity;
  const journal = JournalReader.open(journalPath(experiment));
  try {
    const { header } = journal;
    const changed = settingsChanges(header.identity.settings, settingsOf(experiment));
    if (changed.length > 0) {
      throw usage(
        `holds results of other settings: ${changed.join(', ')} changed since`,
        journal.path,
        'run the experiment with another "output" folder',
      );
    }
    const write = async (name: string, text: string): Promise<void> => {
      await pause(signal);
      const path = join(experiment.output, name);
      writeBeside(path, [text]);
      files.push(path);
    };
    const tables = await writeTables(experiment.output, journal, limit, signal);
    const files = [...tables.files];
    await pause(signal);
    const statistics = runStatistics(header, keptOf(journal.records(limit)));
    const figures = (options.figures ?? true) ? runFigures(header, statistics) : [];
    const drawn = await drawFigures(figures, experiment.output, 'figures', signal);
    files.push(...drawn.files);
    const summary = runSummary(experiment, journal, tables.counts, limit);
    await write('run.json', `${JSON.stringify(summary, null, 2)}\n`);
    const { model, task } = header.about;
    const run: StudyRun = { model: model.name, task, header, records: () => journal.records(limit) };
    const details: RunDetails = {
      pictures: { dataset: experiment.subject, ...(options.sight && { sight: options.sight }) },
      drawn: { figures: drawn.figures, flow: statistics.flow },
      files: TABLES,
      damaged: journal.damaged,
      wanted: summary.dataset.limit,
    };
    files.push(
      ...(await writeStudyReport([run], experiment.output, { detailsOf: () => details, ...(signal && { signal }) })),
    );
    return { files, summary };
  } finally {
    journal.close();
  }
}
