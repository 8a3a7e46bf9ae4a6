/** Data set runs from the editor: one notification with progress and cancel, one results view per config. */
import * as vscode from 'vscode';
import { cancelled, toCrossflowError, usage, type CrossflowError } from '../../core/errors';
import type { Experiment } from '../../core/experiment/types';
import type { PanelStatus } from '../../protocol/panel';
import type { EngineHooks } from '../engine/engine';
import type { Models } from '../download';
import type { EnginePool } from '../engine/pool';
import type { Flow } from '../flow';
import { RESULTS_TYPE } from '../ids';
import type { PanelManager } from '../panel/manager';
import { engineOptions } from '../settings';
import { openReport } from './open-report';
import { openQuestion } from './question';
import { storedResults } from './stored';
import { ResultsView } from './view';

export interface ResultsDeps {
  readonly extensionUri: vscode.Uri;
  readonly pool: EnginePool;
  readonly models: Models;
  /** How processes are started. */
  readonly engine: EngineHooks;
  readonly panels: PanelManager;
  flow(uri: vscode.Uri): Promise<Flow>;
  log(line: string): void;
}

export class ResultsManager {
  readonly #views = new Map<string, ResultsView>();
  readonly #running = new Map<string, AbortController>();

  constructor(private readonly deps: ResultsDeps) {}

  /** Runs what the journal does not have yet, and shows all. */
  async run(flow: Flow): Promise<void> {
    if (!vscode.workspace.isTrusted) throw usage('nothing runs in Restricted Mode', undefined, 'trust the workspace');
    const experiment = flow.parsed?.experiment;
    if (!experiment) throw usage('the experiment has errors', flow.uri.fsPath, 'see the Problems view');
    if (experiment.subject.kind !== 'dataset')
      throw usage('the experiment asks one question', flow.uri.fsPath, 'give it a "dataset" to run many');
    const key = flow.uri.toString();
    const view = this.#show(flow);
    if (this.#running.has(key)) return;
    const abort = new AbortController();
    this.#running.set(key, abort);
    try {
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: `Crossflow: ${flow.title}`, cancellable: true },
        (progress, token) => {
          token.onCancellationRequested(() => abort.abort());
          return this.#compute(experiment, view, progress, abort);
        },
      );
    } catch (e) {
      const error = toCrossflowError(e);
      if (error.kind === 'cancelled') {
        // Before what is done has been read again: someone may go on at once.
        this.#running.delete(key);
        view.setStatus({ kind: 'cancelled' });
        return await this.#showStored(flow, experiment, view);
      }
      view.setStatus(failure(error));
      throw e;
    } finally {
      if (this.#running.get(key) === abort) this.#running.delete(key);
    }
  }

  /** The results of the last run, from its journal. Nothing is computed. */
  async open(flow: Flow): Promise<void> {
    await this.#stored(flow, this.#show(flow));
  }

  async restore(webview: vscode.WebviewPanel, state: unknown): Promise<void> {
    const { uri } = (state ?? {}) as { readonly uri?: unknown };
    try {
      if (typeof uri !== 'string') throw usage('the view says not what it showed');
      const flow = await this.deps.flow(vscode.Uri.parse(uri, true));
      await this.#stored(flow, this.#add(flow, webview));
    } catch (e) {
      this.deps.log(`a results view could not be restored: ${toCrossflowError(e).line}`);
      webview.dispose();
    }
  }

  cancelAll(): void {
    for (const abort of this.#running.values()) abort.abort();
  }

  /** Fills a view that is not being filled by a run. */
  async #stored(flow: Flow, view: ResultsView): Promise<void> {
    const experiment = flow.parsed?.experiment;
    if (view.hasResults || this.#running.has(flow.uri.toString()) || !vscode.workspace.isTrusted) return;
    if (experiment?.subject.kind !== 'dataset') return;
    await this.#showStored(flow, experiment, view);
  }

  async #showStored(flow: Flow, experiment: Experiment, view: ResultsView): Promise<void> {
    // A run that has begun meanwhile speaks for itself.
    const late = (): boolean => this.#running.has(flow.uri.toString());
    try {
      const result = await storedResults(experiment, this.deps.engine);
      // Without any the view says by itself that there are none yet.
      if (result && !late()) view.setResult(result);
    } catch (e) {
      const error = toCrossflowError(e);
      this.deps.log(`no results shown: ${error.line}`);
      if (!late()) view.setStatus(failure(error));
    }
  }

  async #compute(
    experiment: Experiment,
    view: ResultsView,
    progress: vscode.Progress<{ message?: string; increment?: number }>,
    abort: AbortController,
  ): Promise<void> {
    view.setStatus({ kind: 'busy', what: 'Loading the model', cancellable: true });
    progress.report({ message: 'loading the model' });
    this.deps.models.want(experiment.model);
    const folder = await this.deps.models.locate(experiment.model);
    if (abort.signal.aborted) throw cancelled();
    const lease = await this.deps.pool.lease(folder, engineOptions());
    try {
      if (abort.signal.aborted) throw cancelled();
      // A crash earlier must not stand in the way of a run that someone has just asked for.
      if (lease.engine.state.kind === 'down') lease.engine.restart();
      let before = 0;
      const result = await lease.engine.call(
        'dataset',
        { experiment },
        {
          signal: abort.signal,
          onEvent: (event) => {
            if (event.type !== 'dataset') return;
            const { done, total, secondsLeft } = event;
            view.setProgress({ done, total, ...(secondsLeft !== undefined && { secondsLeft }) });
            progress.report({
              message: `${done} of ${total}${secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`}`,
              increment: (100 * (done - before)) / Math.max(1, total),
            });
            before = done;
          },
        },
      );
      view.setResult(result);
    } finally {
      lease.release();
    }
  }

  #show(flow: Flow): ResultsView {
    const known = this.#views.get(flow.uri.toString());
    if (known) {
      known.webview.reveal(undefined, true);
      return known;
    }
    const webview = vscode.window.createWebviewPanel(
      RESULTS_TYPE,
      `Results: ${flow.title}`,
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { retainContextWhenHidden: true },
    );
    return this.#add(flow, webview);
  }

  #add(flow: Flow, webview: vscode.WebviewPanel): ResultsView {
    const { uri } = flow;
    const key = uri.toString();
    const show = (e: unknown): void => {
      void vscode.window.showErrorMessage(`Crossflow: ${toCrossflowError(e).line}`);
    };
    // The view outlives the text's Flow: what it is asked is about the text as it is then.
    const now = (): Promise<Flow> => this.deps.flow(uri);
    const view = new ResultsView(flow, webview, this.deps.extensionUri, {
      cancel: () => this.#running.get(key)?.abort(),
      resume: () =>
        void now()
          .then((found) => this.run(found))
          .catch((e: unknown) => view.setStatus(failure(toCrossflowError(e)))),
      openQuestion: (questionId) =>
        void now()
          .then((found) => openQuestion(found, questionId, this.deps.panels))
          .catch(show),
      openReport: (folder) => void openReport(folder).catch(show),
    });
    this.#views.set(key, view);
    webview.onDidDispose(() => this.#views.delete(key));
    return view;
  }
}

function failure({ place, message, hint }: CrossflowError): PanelStatus {
  const where = place?.file === undefined ? '' : `${vscode.workspace.asRelativePath(place.file)}: `;
  return { kind: 'error', message: where + message, ...(hint && { hint }) };
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
