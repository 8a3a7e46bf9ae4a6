/**
 * A study in a process of its own, to be killed. Arguments: the study file, a log. The log is append-only: a line before
 * each question is asked and a line once its result is safe, with this process's number.
 */
import { openSync, writeSync } from 'node:fs';
import { openModel } from '../../src/core/engine/model';
import { loadStudy } from '../../src/core/study/parse';
import { prepareRuns, type Preparing } from '../../src/core/study/prepare';
import { runStudy, type StudyOptions } from '../../src/core/study/run';
import { WHOLE } from '../../src/core/journal/place';

async function main([file = '', log = '']: readonly string[]): Promise<void> {
  const lines = openSync(log, 'a');
  const write = (what: string, run: string, row: number) =>
    void writeSync(lines, `${process.pid} ${what} ${run} ${row}\n`);
  const study = await loadStudy(file);
  const folderOf: Preparing['folderOf'] = (model) =>
    model.kind === 'folder' ? Promise.resolve(model.path) : Promise.reject(new Error('the test model is a folder'));
  const { runs, problems } = await prepareRuns(study, study.runs, { folderOf });
  if (problems[0]) throw problems[0].error;
  const open: StudyOptions['open'] = async ({ experiment }) => openModel(await folderOf(experiment.model));
  const outcome = await runStudy({
    runs,
    shard: WHOLE,
    open,
    onBegin: (run, row) => write('begin', run.id, row.index),
    onRecord: (run, record) => write('done', run.id, record.row),
  });
  if (outcome.problems[0]) throw outcome.problems[0].error;
}

main(process.argv.slice(2)).then(
  // Native libraries may keep threads alive; the work is done.
  () => process.exit(0),
  (e: unknown) => {
    console.error(e);
    process.exit(1);
  },
);
