/** Which results a user's files and folders hold: journals of Crossflow and published tables. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { journalFiles, listFolder } from '../../journal/journals';
import { JOURNAL_FILE, placeIn, type Place } from '../../journal/place';
import { JournalReader } from '../../journal/reader';
import { usage } from '../../errors';
import type { RunResults } from '../run';
import { readResults, recognise, type ReadOptions, type ResultFile } from './read';

export interface FoundResults {
  readonly runs: readonly RunResults[];
  close(): void;
}

/**
 * Reads everything that the paths hold. `NAME=PATH` gives the model's name. A folder with a journal is a run, its tables
 * are made from it and left alone; other folders are searched for result tables. Throws CrossflowError `usage` for what
 * is not there, holds nothing, or is wrong.
 */
export async function findResults(paths: readonly string[], options: ReadOptions = {}): Promise<FoundResults> {
  const runs: RunResults[] = [];
  const journals: JournalReader[] = [];
  const close = (): void => journals.forEach((journal) => journal.close());
  try {
    for (const given of paths) {
      const { path, model } = await named(given);
      const found = await search(path);
      if (found.journals.length + found.tables.length === 0) {
        throw usage(
          'holds no results',
          path,
          'information_flow.csv, files of the published scripts, or a folder of them',
        );
      }
      for (const place of found.journals) {
        const journal = JournalReader.openIfAny(place);
        if (!journal) continue;
        journals.push(journal);
        runs.push(journalRun(journal, model));
      }
      runs.push(...(await readResults(found.tables, { ...options, ...(model !== undefined && { model }) })));
    }
    return { runs: distinct(runs), close };
  } catch (e) {
    close();
    throw e;
  }
}

/** `NAME=PATH`, unless there is a file of that whole name. */
async function named(given: string): Promise<{ readonly path: string; readonly model?: string }> {
  const [, model, path] = /^([^=/\\]+)=(.+)$/.exec(given) ?? [];
  if (model === undefined || path === undefined || (await stat(given).catch(() => undefined))) return { path: given };
  return { model, path };
}

async function search(path: string): Promise<{ journals: Place[]; tables: ResultFile[] }> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw usage('does not exist', path);
  if (info.isFile()) {
    const table = await recognise(path);
    if (!table)
      throw usage('is no table of results', path, 'information_flow.csv or a CSV file of the published scripts');
    return { journals: [], tables: [table] };
  }
  /** By the run's merged journal, which need not be there yet. */
  const journals = new Map<string, Place>();
  const tables: ResultFile[] = [];
  // A link may lead to a folder above it.
  const visited = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    const real = await realpath(folder);
    if (visited.has(real)) return;
    visited.add(real);
    const own = placeIn(folder);
    if (!journals.has(own.merged) && journalFiles(own).length > 0) journals.set(own.merged, own);
    if (journals.has(own.merged)) return;
    const entries = await readdir(folder, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    // Of a study: its runs' journals may not be merged yet.
    for (const id of listFolder(own.journals)) {
      const place = { journals: join(own.journals, id), merged: join(folder, id, JOURNAL_FILE) };
      if (journalFiles(place).length > 0) journals.set(place.merged, place);
    }
    for (const entry of entries) {
      const inside = join(folder, entry.name);
      if (inside === own.journals) continue;
      if (await isFolder(entry, inside)) await visit(inside);
      else if (/\.csv$/i.test(entry.name))
        tables.push(...[await recognise(inside)].filter((table) => table !== undefined));
    }
  };
  await visit(path);
  return { journals: [...journals.values()], tables };
}

/** A folder, or a link to one: on clusters results often lie on another disk. */
async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function journalRun(journal: JournalReader, model: string | undefined): RunResults {
  const { model: own, task } = journal.header.about;
  const { header } = journal;
  const run: RunResults = {
    ...{ model: own.name, task, header },
    records: () => journal.records(),
    record: (row) => journal.record(row),
  };
  return model === undefined ? run : renamed(run, model);
}

const renamed = (run: RunResults, model: string): RunResults => ({
  model,
  task: run.task,
  header: { ...run.header, about: { ...run.header.about, model: { ...run.header.about.model, name: model } } },
  records: () => run.records(),
  record: (row) => run.record(row),
});

/** Two runs of the same name and task are told apart by a number. */
function distinct(runs: readonly RunResults[]): RunResults[] {
  const seen = new Map<string, number>();
  return runs.map((run) => {
    const key = JSON.stringify([run.model, run.task]);
    const number = (seen.get(key) ?? 0) + 1;
    seen.set(key, number);
    if (number === 1) return run;
    return renamed(run, `${run.model} (${number})`);
  });
}
