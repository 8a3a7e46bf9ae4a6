/** Study files on the embedded model, and what is made of their results. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { TABLES } from '../../src/core/report/tables/tables';
import { loadStudy } from '../../src/core/study/parse';
import { reportStudy } from '../../src/core/study/report';
import { repositoryRoot } from '../support/golden';

export const EXAMPLES = path.join(repositoryRoot, 'examples');
export const MODEL = path.join(repositoryRoot, 'models/shapes-llava');
export const ALL_TASKS = ['ChooseAttr', 'ChooseCat', 'ChooseRel', 'CompareAttr', 'LogicalObj', 'QueryAttr'];

export const csvOf = (task: string): string =>
  path.join(EXAMPLES, readdirSync(EXAMPLES).find((name) => name.endsWith(`_${task}.csv`)) ?? task);

/** Writes a study file beside its results, which go to a folder of its name. */
export function writeStudy(folder: string, name: string, tasks: readonly string[], change: object = {}): string {
  const file = path.join(folder, `${name}.study.json`);
  const study = {
    models: [{ model: MODEL, prompt: 'vicuna_v1' }],
    tasks: tasks.map(csvOf),
    images: path.join(EXAMPLES, 'images'),
    windows: [3],
    output: name,
    ...change,
  };
  writeFileSync(file, JSON.stringify(study));
  return file;
}

/** The tables of every run, merged first: what must be the same whatever happened. */
export async function tablesOf(file: string): Promise<Map<string, string>> {
  const study = await loadStudy(file);
  await reportStudy(study, { make: ['tables'] });
  const tables = new Map<string, string>();
  for (const run of study.runs) {
    for (const name of TABLES)
      tables.set(`${run.id}/${name}`, readFileSync(path.join(run.experiment.output, name), 'latin1'));
  }
  return tables;
}
