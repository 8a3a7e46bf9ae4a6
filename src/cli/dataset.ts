/** A data set run: asks what no journal holds yet, then writes tables, figures and report. */
import { basename } from 'node:path';
import type { Experiment } from '../core/experiment/types';
import type { ReportSummary } from '../core/report/summary';
import type { DatasetSummary } from '../core/study/dataset';
import type { StudyProgress } from '../core/study/run';
import { engineOptions, modelFolder, openNamed, type EngineFlags } from './model';
import { duration, lineLog, type Bar } from './progress';
import { listed, print } from './streams';
import { PictureNotes, plain, reportLine, reportWarnings } from './report';

interface Running {
  /** As the user named it. */
  readonly file: string;
  readonly experiment: Experiment;
  readonly options: EngineFlags & { readonly json?: boolean };
  readonly signal: AbortSignal;
}

/** Gives the exit code: 1 when a question could not be asked. */
export async function runDatasetExperiment({ file, experiment, options, signal }: Running, bar: Bar): Promise<number> {
  const [{ fitting }, { datasetStudy, runDataset }, { reportStudy }] = await Promise.all([
    import('../core/dataset/fit'),
    import('../core/study/dataset'),
    import('../core/study/report'),
  ]);
  const { yes } = options;
  const engine = engineOptions(options);
  const notes = new PictureNotes();
  const summary = await runDataset({
    ...{ experiment, engine, signal },
    folderOf: (model) => modelFolder(model, { signal, bar, ...(yes && { yes }) }),
    ...(options.force ? {} : { look: fitting(engine, false) }),
    open: () => openNamed(experiment.model, options, { signal, bar }, { experiment }),
    onPrepared({ warnings, lacking }) {
      reportWarnings(warnings, file);
      for (const line of lacking) reportLine(`warning: ${line}`);
    },
    onNotes: notes.tell,
    onProgress: process.stderr.isTTY ? showOn(bar) : logLines(experiment),
  });
  notes.rest();
  const { files, summaries } = await reportStudy(datasetStudy(experiment), {
    signal,
    onProgress: (step, done, total) => bar.update(step, done, total),
  });
  bar.stop();
  for (const { line, message } of summary.withoutObjects) {
    reportLine(
      `warning: ${csvOf(experiment)}:${line}: ${message}; knockouts of objects have no curve for this question`,
    );
  }
  for (const { line, message } of summary.errors) reportLine(`${csvOf(experiment)}:${line}: ${message}`);
  await print(options.json ? `${JSON.stringify({ ...summary, files })}\n` : summaryText(summary, files, summaries[0]));
  return summary.errors.length > 0 ? 1 : 0;
}

const showOn =
  (bar: Bar) =>
  ({ done, total, kept, secondsLeft }: StudyProgress): void =>
    bar.update('questions', done, total, secondsLeft, `${kept} right`);

function logLines(experiment: Experiment): (progress: StudyProgress) => void {
  const log = lineLog();
  const what = basename(csvOf(experiment));
  return ({ done, total, kept, secondsLeft }) => {
    const left = secondsLeft === undefined || done === total ? '' : `; ${duration(secondsLeft)} left`;
    log(what, done, total, `${kept} right${left}`);
  };
}

const csvOf = ({ subject }: Experiment): string => (subject.kind === 'dataset' ? subject.csv : '');

function summaryText(summary: DatasetSummary, files: readonly string[], { knockouts }: ReportSummary): string {
  const { task, total, kept, dropped, failed, resumed, damaged, seconds } = summary;
  const counts = [`${kept} of ${total} questions answered rightly`, `${dropped} wrongly and left out`];
  if (failed > 0) counts.push(`${failed} could not be asked`);
  const notes = [duration(seconds)];
  if (resumed > 0) notes.push(`${resumed} questions were done before`);
  if (damaged > 0) notes.push(`${damaged} damaged journal lines, asked again`);
  const without = knockouts.filter((k) => kept > 0 && k.questions === 0).map((k) => k.block_desc);
  const lines = [
    `${task}: ${counts.join(', ')} (${notes.join('; ')})`,
    ...(without.length > 0 ? [`  none of them has all tokens of ${without.join(', ')}: no curve`] : []),
    ...listed(files).map((line) => `  ${line}`),
  ];
  return lines.map(plain).join('\n') + '\n';
}
