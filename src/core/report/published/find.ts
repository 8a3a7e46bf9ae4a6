/** Which results a user's files and folders hold: journals of Crossflow and published tables. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { JournalReader } from '../../journal/reader';
import { JOURNAL_FILE } from '../../dataset/run';
import { usage } from '../../errors';
import type { StudyRun } from '../study-run';
import { readResults, recognise, type ReadOptions, type ResultFile } from './read';

export interface FoundResults {
  readonly runs: readonly StudyRun[];
  close(): void;
}

/**
 * Reads everything that the paths hold. `NAME=PATH` gives the model's name. A folder with a journal is a run, its tables
 * are made from it and left alone; other folders are searched for result tables. Throws CrossflowError `usage` for what
 * is not there, holds nothing, or is wrong.
 */
export async function findResults(paths: readonly string[], options: ReadOptions = {}): Promise<FoundResults> {
  const runs: StudyRun[] = [];
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
      for (const file of found.journals) {
        const journal = JournalReader.open(file);
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

async function search(path: string): Promise<{ journals: string[]; tables: ResultFile[] }> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw usage('does not exist', path);
  if (info.isFile()) {
    const table = await recognise(path);
    if (!table)
      throw usage('is no table of results', path, 'information_flow.csv or a CSV file of the published scripts');
    return { journals: [], tables: [table] };
  }
  const journals: string[] = [];
  const tables: ResultFile[] = [];
  // A link may lead to a folder above it.
  const visited = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    const real = await realpath(folder);
    if (visited.has(real)) return;
    visited.add(real);
    const entries = await readdir(folder, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    if (entries.some((entry) => entry.name === JOURNAL_FILE)) return void journals.push(join(folder, JOURNAL_FILE));
    for (const entry of entries) {
      const inside = join(folder, entry.name);
      if (await isFolder(entry, inside)) await visit(inside);
      else if (/\.csv$/i.test(entry.name))
        tables.push(...[await recognise(inside)].filter((table) => table !== undefined));
    }
  };
  await visit(path);
  return { journals, tables };
}

/** A folder, or a link to one: on clusters results often lie on another disk. */
async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function journalRun(journal: JournalReader, model: string | undefined): StudyRun {
  const { model: own, task } = journal.header.about;
  const run = { model: own.name, task, header: journal.header, records: () => journal.records() };
  return model === undefined ? run : renamed(run, model);
}

const renamed = (run: StudyRun, model: string): StudyRun => ({
  model,
  task: run.task,
  header: { ...run.header, about: { ...run.header.about, model: { ...run.header.about.model, name: model } } },
  records: () => run.records(),
});

/** Two runs of the same name and task are told apart by a number. */
function distinct(runs: readonly StudyRun[]): StudyRun[] {
  const seen = new Map<string, number>();
  return runs.map((run) => {
    const key = JSON.stringify([run.model, run.task]);
    const number = (seen.get(key) ?? 0) + 1;
    seen.set(key, number);
    if (number === 1) return run;
    return renamed(run, `${run.model} (${number})`);
  });
}
