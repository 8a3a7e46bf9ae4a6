/** `crossflow study run` */
import type { CrossflowError } from '../core/errors';
import type { RunOutcome, StudyProgress } from '../core/study/run';
import { WHOLE } from '../core/journal/place';
import { checkWritable, listed, print } from './streams';
import { interruptSignal } from './interrupt';
import { engineOptions, modelFolder, openNamed, type EngineFlags } from './model';
import { duration, lineLog, progressBar, type Bar } from './progress';
import { PictureNotes, plain, reportAll, reportLine, reportWarnings } from './report';
import { load, type StudyFlags } from './study-load';
import { table } from './table';

export interface StudyRunOptions extends StudyFlags, EngineFlags {
  readonly shard?: string;
  readonly plot: boolean;
}

/** Gives the exit code: 1 when a question could not be asked, the error's where a run was left out. */
export async function studyRun(file: string, options: StudyRunOptions): Promise<number> {
  const signal = interruptSignal();
  const began = performance.now();
  const { parseShard } = await import('../core/study/shards');
  const shard = options.shard === undefined ? WHOLE : parseShard(options.shard);
  const { study, runs } = await load(file, options, (problems) => reportWarnings(problems, file));
  await checkWritable(study.output);
  const [{ fitting }, { prepareRuns }] = await Promise.all([
    import('../core/dataset/fit'),
    import('../core/study/prepare'),
  ]);
  const bar = await progressBar();
  try {
    const { yes } = options;
    const fetching = { signal, bar };
    const engine = engineOptions(options);
    const prepared = await prepareRuns(study, runs, {
      folderOf: (model) => modelFolder(model, { ...fetching, ...(yes && { yes }) }),
      engine,
      signal,
      ...(options.force ? {} : { look: fitting(engine, false) }),
    });
    reportWarnings(prepared.warnings, file);
    if (prepared.problems.length > 0) return reportAll(prepared.problems.map(({ error }) => error));
    for (const line of prepared.lacking) reportLine(`warning: ${line}`);
    const { runStudy } = await import('../core/study/run');
    const notes = new PictureNotes();
    const { runs: outcomes, problems } = await runStudy({
      runs: prepared.runs,
      shard,
      open({ experiment }) {
        bar.update('loading', 0, 1);
        return openNamed(experiment.model, options, fetching, { experiment });
      },
      signal,
      onNotes: notes.tell,
      onProgress: process.stderr.isTTY ? showOn(bar) : logLines(),
    });
    bar.stop();
    notes.rest();
    for (const { errors, withoutObjects, model, task } of outcomes) {
      for (const { line, message } of withoutObjects)
        reportLine(`warning: ${model} on ${task}, line ${line}: ${message}; knockouts of objects have no curve for it`);
      for (const { line, message } of errors) reportLine(`${model} on ${task}, line ${line}: ${message}`);
    }
    const seconds = Math.round(performance.now() - began) / 1000;
    const result = { study: study.file, shard: `${shard.index}/${shard.count}`, seconds, runs: outcomes };
    // Said before anything is made of it, which may fail.
    if (!options.json) await print(describe(result));
    const code = reportAll(problems.map(({ error }) => error));
    let files: readonly string[] = [];
    try {
      if (shard.count === 1 && options.plot && outcomes.length > 0) {
        const { reportStudy } = await import('../core/study/report');
        const left: CrossflowError[] = [];
        ({ files } = await reportStudy(study, {
          signal,
          onProgress: (step, done, total) => bar.update(step, done, total),
          onProblem: (error) => left.push(error),
        }));
        bar.stop();
        reportAll(left);
      }
    } finally {
      bar.stop();
      await print(options.json ? JSON.stringify({ ...result, files }) + '\n' : written(files));
    }
    return code || (outcomes.some((run) => run.errors.length > 0) ? 1 : 0);
  } finally {
    bar.stop();
  }
}

const showOn =
  (bar: Bar) =>
  ({ run, done, total, kept, secondsLeft }: StudyProgress): void =>
    bar.update(`${run.model} on ${run.task}`, done, total, secondsLeft, `${kept} right`);

function logLines(): (progress: StudyProgress) => void {
  const log = lineLog();
  return ({ run, done, total, kept, secondsLeft }) => {
    const left = secondsLeft === undefined ? '' : `; ${duration(secondsLeft)} left for the study`;
    log(`${run.model} on ${run.task}`, done, total, `${kept} right${left}`);
  };
}

interface Result {
  readonly shard: string;
  readonly seconds: number;
  readonly runs: readonly RunOutcome[];
}

function describe({ shard, seconds, runs }: Result): string {
  const rows = runs.map((r) => [
    ...[r.model, r.task],
    ...[r.total, r.kept, r.dropped, r.failed, r.resumed].map(String),
    duration(r.seconds),
  ]);
  const right = (title: string) => ({ title, right: true });
  const columns = [
    { title: 'model' },
    { title: 'task' },
    ...['questions', 'right', 'wrong', 'failed', 'done before', 'time'].map(right),
  ];
  const share = shard === '1/1' ? '' : `, shard ${shard}`;
  const damaged = runs.reduce((n, r) => n + r.damaged, 0);
  const notes = damaged > 0 ? [`${damaged} damaged journal lines, asked again`] : [];
  const summary = [duration(seconds) + share, ...notes].map(plain).join('; ');
  return `${table(columns, rows)}${summary}\n`;
}

function written(files: readonly string[]): string {
  if (files.length === 0) return '';
  const report = listed(files.filter((file) => file.endsWith('report.html'))).map((path) => `  ${plain(path)}\n`);
  return `${files.length} files written\n${report.join('')}`;
}
