/** A data set run: asks, journals, then writes tables and figures. */
import { basename } from 'node:path';
import type { DatasetProgress, DatasetSummary } from '../core/dataset/run';
import type { Model } from '../core/engine/api';
import type { Experiment } from '../core/experiment/types';
import type { ReportSummary } from '../core/report/summary';
import { duration, lineLog, type Bar } from './progress';
import { listed } from './files';
import { plain, reportLine } from './report';
import { print } from './streams';

/** Gives the exit code: 1 when a question could not be asked. */
export async function runDatasetExperiment(
  experiment: Experiment,
  model: Model,
  bar: Bar,
  options: { readonly signal: AbortSignal; readonly json?: boolean },
): Promise<number> {
  const { runDataset } = await import('../core/dataset/run');
  const summary = await runDataset({
    model,
    experiment,
    signal: options.signal,
    onWarning: (message) => reportLine(`warning: ${csvOf(experiment)}: ${message}`),
    onProgress: process.stderr.isTTY ? showOn(bar) : logLines(experiment),
  });
  bar.update('tables and figures', 0, 1);
  const [{ writeReport }, { sightOf }] = await Promise.all([
    import('../core/report/write'),
    import('../core/report/html/pictures'),
  ]);
  const { files, summary: written } = await writeReport(experiment, {
    sight: sightOf(model.spec, experiment),
    signal: options.signal,
  });
  bar.stop();
  for (const { line, message } of summary.withoutObjects) {
    reportLine(
      `warning: ${csvOf(experiment)}:${line}: ${message}; knockouts of objects have no curve for this question`,
    );
  }
  for (const { line, message } of summary.errors) reportLine(`${csvOf(experiment)}:${line}: ${message}`);
  await print(options.json ? JSON.stringify({ ...summary, files }) + '\n' : summaryText(summary, files, written));
  return summary.errors.length > 0 ? 1 : 0;
}

const showOn =
  (bar: Bar) =>
  ({ done, total, kept, secondsLeft }: DatasetProgress): void =>
    bar.update('questions', done, total, secondsLeft, `${kept} right`);

function logLines(experiment: Experiment): (progress: DatasetProgress) => void {
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
