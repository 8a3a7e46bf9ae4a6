/**
 * Asks the questions of a study that no journal holds yet: models one after another, so that one is in memory at a time,
 * and of each its tasks. It may be stopped at any moment, by whatever; the same call later does the rest.
 */
import { basename } from 'node:path';
import { askRows } from '../dataset/ask';
import type { RecordKind, RowRecord } from '../journal/record';
import type { DatasetRow } from '../dataset/rows';
import type { Model } from '../engine/api';
import type { OnNotes } from '../engine/types';
import { cancelled, CrossflowError, toCrossflowError, usage } from '../errors';
import { checkIdentity, nameOf, readJournals, startAnew, type RunJournals } from '../journal/journals';
import type { Shard } from '../journal/place';
import { claimShard } from '../journal/owner';
import { Eta, Left } from './left';
import type { ReadyRun, RunProblem } from './prepare';
import { freeShardFile, ShardJournal } from '../journal/shard-journal';
import { rowsOfShard } from './shards';

export interface RowError {
  /** Number of the row in the CSV, from 1. */
  readonly row: number;
  /** Line of the CSV, from 1. */
  readonly line: number;
  readonly questionId: string;
  readonly message: string;
}

export interface StudyProgress {
  readonly run: ReadyRun;
  /** Questions of the run's shard worked on, those of earlier starts included. */
  readonly done: number;
  readonly total: number;
  readonly kept: number;
  /** Of all runs' shares; those of runs whose turn has not come count as open, done before or not. */
  readonly all: { readonly done: number; readonly total: number };
  /** Until the whole study's share is done; left out until something is known. */
  readonly secondsLeft?: number;
}

export interface StudyOptions {
  /** prepareRuns() */
  readonly runs: readonly ReadyRun[];
  readonly shard: Shard;
  /** Loads a run's model, for it and the runs after it on the same; called only when there is something to ask it. */
  readonly open: (run: ReadyRun) => Promise<Model>;
  /** Gives a model back that is no longer needed; left out: closes it. */
  readonly close?: (model: Model) => Promise<void>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: StudyProgress) => void;
  /** A question is about to be asked; its result is safe in the journal. */
  readonly onBegin?: (run: ReadyRun, row: DatasetRow) => void;
  readonly onRecord?: (run: ReadyRun, record: RowRecord) => void;
  readonly onNotes?: OnNotes;
}

/** What became of one run, or of one shard of it. */
export interface RunOutcome extends Readonly<Record<RecordKind, number>> {
  readonly run: string;
  readonly model: string;
  readonly task: string;
  readonly total: number;
  /** Questions that earlier starts had done. */
  readonly resumed: number;
  /** Damaged lines of its journals; their questions were asked again. */
  readonly damaged: number;
  readonly seconds: number;
  readonly errors: readonly RowError[];
  /** Questions of this start that were kept, but whose boxes are wrong: knockouts of objects have no curve for them. */
  readonly withoutObjects: readonly RowError[];
}

export interface StudyOutcome {
  readonly runs: readonly RunOutcome[];
  /** Runs left out: somebody else works on them, or their model could not be loaded. */
  readonly problems: readonly RunProblem[];
}

/**
 * Throws CrossflowError `cancelled` when stopped, `failed` when the engine fails in the middle or the disk does, `usage`
 * when pictures have changed; what is in the journals by then stays.
 */
export async function runStudy(options: StudyOptions): Promise<StudyOutcome> {
  const outcomes: RunOutcome[] = [];
  const problems: RunProblem[] = [];
  const eta = new Eta();
  const left = new Left(options.runs.map((run) => [run.id, rowsOfShard(run.dataset.rows, options.shard).length]));
  let loaded: { readonly key: string; readonly model: Model } | undefined;
  // The others are worked on all the same.
  const unloadable = new Map<string, CrossflowError>();
  const close = options.close ?? ((model) => model.close());
  const load = async (run: ReadyRun): Promise<Model> => {
    const key = JSON.stringify(run.experiment.model);
    if (loaded?.key === key) return loaded.model;
    const before = unloadable.get(key);
    if (before) throw new LeftOut(before);
    if (loaded) await close(loaded.model);
    loaded = undefined;
    const model = await options.open(run).catch((e: unknown) => {
      const error = toCrossflowError(e);
      if (error.kind === 'cancelled') throw error;
      unloadable.set(key, error);
      throw new LeftOut(error);
    });
    loaded = { key, model };
    return model;
  };
  try {
    for (const run of options.runs) {
      if (options.signal?.aborted) throw cancelled();
      try {
        outcomes.push(await oneRun(run, options, load, eta, left));
      } catch (e) {
        if (!(e instanceof LeftOut)) throw e;
        problems.push({ run, error: e.error });
      }
      left.set(run.id, 0);
    }
  } finally {
    if (loaded) await close(loaded.model);
  }
  return { runs: outcomes, problems };
}

/** A run, or its shard, is left out: the other runs can go on. */
class LeftOut extends Error {
  constructor(readonly error: CrossflowError) {
    super(error.message);
  }
}

async function oneRun(
  run: ReadyRun,
  options: StudyOptions,
  load: (run: ReadyRun) => Promise<Model>,
  eta: Eta,
  left: Left,
): Promise<RunOutcome> {
  const { shard, signal, onProgress, onBegin, onRecord, onNotes } = options;
  const began = performance.now();
  const folder = run.place.journals;
  const rows = rowsOfShard(run.dataset.rows, shard);
  let tally = new Tally(rows, readChecked(run));
  const report = () => {
    left.set(run.id, rows.length - tally.done);
    const secondsLeft = eta.left(left.all);
    onProgress?.({
      run,
      done: tally.done,
      total: rows.length,
      kept: tally.kinds.kept,
      all: { done: left.total - left.all, total: left.total },
      ...(secondsLeft !== undefined && { secondsLeft }),
    });
  };
  report();
  const resumed = tally.done;
  if (resumed < rows.length) {
    const journal = new ShardJournal(folder, shard, run.header);
    const claim = orBusy(() =>
      claimShard(folder, shard, {
        journal: basename(freeShardFile(folder, shard)),
        questions: rows.length,
        before: resumed,
      }),
    );
    try {
      // What the last owner wrote between the first look and the claim.
      tally = new Tally(rows, readChecked(run));
      const model = await load(run);
      await askRows(tally.todo, {
        model,
        experiment: run.experiment,
        signal,
        onNotes,
        onBegin(row) {
          claim.check();
          onBegin?.(run, row);
        },
        onRecord(record) {
          journal.append(record);
          tally.add(record);
          eta.add(record.seconds);
          onRecord?.(run, record);
          report();
        },
      });
    } finally {
      journal.close();
      claim.release();
    }
  }
  return {
    run: run.id,
    model: run.model,
    task: run.task,
    total: rows.length,
    ...tally.kinds,
    resumed,
    damaged: tally.damaged,
    seconds: Math.round(performance.now() - began) / 1000,
    errors: tally.errors,
    withoutObjects: tally.withoutObjects,
  };
}

function orBusy<R>(work: () => R): R {
  try {
    return work();
  } catch (e) {
    throw e instanceof CrossflowError && e.kind === 'usage' ? new LeftOut(e) : e;
  }
}

/** The run's journals, once it is sure that they are of this run and of these pictures. */
function readChecked(run: ReadyRun): RunJournals {
  const { place } = run;
  const journals = readJournals(place, { pictures: true });
  checkIdentity(place, journals.header, run.header.identity);
  const { index } = journals;
  const changed = run.dataset.rows.filter((r) => index.isDone(r.index) && index.imageBytesOf(r.index) !== r.imageBytes);
  const [first] = changed;
  if (!first) return journals;
  const pictures = changed.length === 1 ? 'a picture that has' : `${changed.length} pictures that have`;
  throw usage(`holds results of ${pictures} changed since: ${first.image}`, nameOf(place), startAnew(place));
}

/** Counts the questions of a shard. */
class Tally {
  readonly kinds: Record<RecordKind, number> = { kept: 0, dropped: 0, failed: 0 };
  readonly errors: RowError[] = [];
  readonly withoutObjects: RowError[] = [];
  readonly todo: readonly DatasetRow[];
  readonly damaged: number;
  /** Lines of the CSV by row, once there is something to say of one. */
  private lines: ReadonlyMap<number, number> | undefined;

  constructor(
    private readonly rows: readonly DatasetRow[],
    { index, damaged }: RunJournals,
  ) {
    this.todo = rows.filter((row) => !index.isDone(row.index));
    this.damaged = damaged;
    for (const row of rows) {
      const kind = index.kindOf(row.index);
      if (kind && kind !== 'failed') this.kinds[kind]++;
    }
  }

  get done(): number {
    return this.kinds.kept + this.kinds.dropped + this.kinds.failed;
  }

  add(record: RowRecord): void {
    this.kinds[record.is]++;
    if (record.is === 'failed') this.errors.push(this.rowError(record, record.error));
    else if (record.is === 'kept' && record.lost !== undefined)
      this.withoutObjects.push(this.rowError(record, record.lost));
  }

  private rowError({ row, question_id }: RowRecord, message: string): RowError {
    this.lines ??= new Map(this.rows.map(({ index, line }) => [index, line]));
    return { row: row + 1, line: this.lines.get(row) ?? 0, questionId: question_id, message };
  }
}
