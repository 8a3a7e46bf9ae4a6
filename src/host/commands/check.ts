/** Both ways of computing the curves side by side, and how far they differ. */
import * as vscode from 'vscode';
import { usage } from '../../core/errors';
import { plural, shortDuration } from '../../core/words';
import type { Flow } from '../flow';
import { computableOf } from '../live/facts';

export async function showCheck(flow: Flow): Promise<void> {
  const experiment = flow.demand();
  if (experiment.subject.kind === 'dataset')
    throw usage('a data set is not checked as a whole', flow.uri.fsPath, 'open one of its questions and check that');
  const list = computableOf(experiment, flow.session.shown);
  if (list.length === 0) {
    void vscode.window.showInformationMessage(`Crossflow: ${flow.title} has no knockouts to check.`);
    return;
  }
  flow.start();
  const result = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: `Crossflow: checking ${flow.title} against the full pass`,
      cancellable: true,
    },
    (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      return flow.session.check(list, {
        signal: abort.signal,
        progress: ({ what, fraction }) =>
          progress.report({ message: fraction === undefined ? what : `${what}, ${Math.round(100 * fraction)} %` }),
      });
    },
  );
  const { largestDifference, tolerance, forkSeconds, fullSeconds, passed } = result;
  const text =
    `Crossflow: ${flow.title}: ${plural(list.length, 'curve')} computed both ways differ by at most ` +
    `${largestDifference.toExponential(1)} (allowed: ${tolerance.toExponential(0)}); ` +
    `${shortDuration(forkSeconds)} against ${shortDuration(fullSeconds)} for full passes.`;
  if (passed) void vscode.window.showInformationMessage(text);
  else void vscode.window.showErrorMessage(text);
}
