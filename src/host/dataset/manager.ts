/** Data set runs from the editor: one notification with progress and cancel, one results view per config. */
import * as vscode from 'vscode';
import { toCrossflowError, usage, type CrossflowError } from '../../core/errors';
import { howFar } from '../../core/words';
import type { Experiment } from '../../core/experiment/types';
import type { RunOverview } from '../../core/report/overview-types';
import type { PanelStatus } from '../../protocol/panel';
import type { EngineHooks } from '../engine/engine';
import { callOnce } from '../engine/once';
import type { Models } from '../download';
import type { EnginePool } from '../engine/pool';
import type { Flow } from '../flow';
import { RESULTS_TYPE } from '../ids';
import { ENDS_SHORT, ENDS_WITH_WINDOW, type Interrupted } from '../interrupted';
import type { PanelManager } from '../panel/manager';
import { barOf } from '../run-progress';
import { engineOptions } from '../settings';
import type { Working } from '../status';
import { notice } from '../subject';
import { tick } from '../walkthrough';
import { openFolder } from './open-folder';
import { openReport } from './open-report';
import { openQuestion } from './question';
import { DatasetRun, runStatus, type RunState } from './run';
import { ResultsView } from './view';

export interface ResultsDeps {
  readonly extensionUri: vscode.Uri;
  readonly pool: EnginePool;
  readonly models: Models;
  /** How processes are started. */
  readonly engine: EngineHooks;
  readonly panels: PanelManager;
  flow(uri: vscode.Uri): Promise<Flow>;
  /** A run began or ended. */
  changed(): void;
  /** A view was closed, or a run has ended. */
  closed(flow: Flow): void;
  readonly interrupted: Interrupted;
  log(line: string): void;
}

export class ResultsManager {
  readonly #views = new Map<Flow, ResultsView>();
  readonly #running = new Map<Flow, DatasetRun>();

  constructor(private readonly deps: ResultsDeps) {}

  /** Runs what the journal does not have yet, and shows all. */
  async run(flow: Flow): Promise<void> {
    const experiment = flow.demand();
    if (experiment.subject.kind !== 'dataset')
      throw usage('the experiment asks one question', flow.uri.fsPath, 'give it a "dataset" to run many');
    this.#show(flow);
    if (this.#running.has(flow)) return;
    try {
      const result = await this.#run(flow, experiment);
      tick('didDataset');
      const view = this.#views.get(flow);
      if (view) view.setResult(result);
      else
        void this.#announce(flow.uri, flow.title, result).catch((e: unknown) =>
          this.deps.log(toCrossflowError(e).line),
        );
    } catch (e) {
      const error = toCrossflowError(e);
      if (error.kind !== 'cancelled') {
        this.#views.get(flow)?.setStatus(failure(error));
        throw e;
      }
      const view = this.#views.get(flow);
      if (!view || this.#running.has(flow)) return;
      view.setStatus({ kind: 'cancelled' });
      await this.#showStored(flow, experiment, view);
    }
  }

  /** With a notification that shows how far it is and can end it. */
  async #run(flow: Flow, experiment: Experiment): Promise<RunOverview> {
    let tell: ((state: RunState) => void) | undefined;
    const run = new DatasetRun(experiment, {
      pool: this.deps.pool,
      options: engineOptions,
      directory: (model) => {
        this.deps.models.want(model);
        return this.deps.models.locate(model);
      },
      changed: (state) => {
        // The view there is now: the one that began the run may be closed, and another open.
        this.#views.get(flow)?.setRun(state);
        tell?.(state);
      },
    });
    this.#running.set(flow, run);
    this.deps.changed();
    try {
      await this.deps.interrupted.began(flow.uri, 'dataset');
      return await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: `Crossflow: ${flow.title}`, cancellable: true },
        (progress, token) => {
          token.onCancellationRequested(() => run.cancel());
          tell = notify(progress);
          return run.result();
        },
      );
    } finally {
      // Before what is done has been read again: someone may go on at once.
      this.#running.delete(flow);
      this.deps.changed();
      this.deps.closed(flow);
      await this.deps.interrupted.ended(flow.uri);
    }
  }

  /** Of a run whose view was closed meanwhile. */
  async #announce(uri: vscode.Uri, title: string, { kept, asked, failed }: RunOverview): Promise<void> {
    const wrong = failed.length > 0 ? `, ${failed.length} could not be asked` : '';
    const show = 'Show Results';
    const picked = await vscode.window.showInformationMessage(
      `Crossflow: ${title} is done: ${kept} of ${asked} questions answered right and kept${wrong}.`,
      show,
    );
    if (picked === show) await this.open(await this.deps.flow(uri));
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

  get working(): readonly Working[] {
    return [...this.#running].map(([{ uri, title }, run]) => ({ uri, title, status: runStatus(run.state) }));
  }

  cancel(uri: vscode.Uri): void {
    const running = [...this.#running].find(([flow]) => flow.uri.toString() === uri.toString());
    running?.[1].cancel();
  }

  /** Is a view of it open, or does it run? */
  has(flow: Flow): boolean {
    return this.#views.has(flow) || this.#running.has(flow);
  }

  /** Its file has another name or place. */
  moved(flow: Flow): void {
    this.#views.get(flow)?.rename();
  }

  /** Fills a view that is not being filled by a run. */
  async #stored(flow: Flow, view: ResultsView): Promise<void> {
    const experiment = flow.parsed?.experiment;
    if (view.hasResults || this.#running.has(flow) || !vscode.workspace.isTrusted) return;
    if (experiment?.subject.kind !== 'dataset') return;
    await this.#showStored(flow, experiment, view);
  }

  async #showStored(flow: Flow, experiment: Experiment, view: ResultsView): Promise<void> {
    // A run that has begun meanwhile speaks for itself.
    const late = (): boolean => this.#running.has(flow);
    try {
      // Journals are large, and no model is needed.
      const result = await callOnce(this.deps.engine, 'results', { experiment });
      // Without any the view says by itself that there are none yet.
      if (result && !late()) view.setResult(result);
    } catch (e) {
      const error = toCrossflowError(e);
      this.deps.log(`no results shown: ${error.line}`);
      if (!late()) view.setStatus(failure(error));
    }
  }

  #show(flow: Flow): ResultsView {
    const known = this.#views.get(flow);
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
    const show = (e: unknown): void => {
      void vscode.window.showErrorMessage(notice(flow.title, toCrossflowError(e)));
    };
    // The text may have been closed and changed since.
    const now = (): Promise<Flow> => this.deps.flow(flow.uri);
    const view = new ResultsView(flow, webview, this.deps.extensionUri, {
      cancel: () => this.#running.get(flow)?.cancel(),
      resume: () =>
        void now()
          .then((found) => this.run(found))
          .catch((e: unknown) => view.setStatus(failure(toCrossflowError(e)))),
      openQuestion: (questionId) =>
        void now()
          .then((found) => openQuestion(found, questionId, this.deps.panels))
          .catch(show),
      openFolder: (folder) => void openFolder(folder).catch(show),
      openReport: (folder) => void openReport(folder, `Report: ${flow.title}`).catch(show),
    });
    this.#views.set(flow, view);
    const run = this.#running.get(flow);
    if (run) view.setRun(run.state);
    webview.onDidDispose(() => {
      if (this.#views.get(flow) === view) this.#views.delete(flow);
      this.deps.closed(flow);
    });
    return view;
  }
}

function failure({ place, message, hint }: CrossflowError): PanelStatus {
  const where = place?.file === undefined ? '' : `${vscode.workspace.asRelativePath(place.file)}: `;
  return { kind: 'error', message: where + message, ...(hint && { hint }) };
}

/** A notification takes steps, not positions. */
function notify(progress: vscode.Progress<{ message?: string; increment?: number }>): (state: RunState) => void {
  const bar = barOf((value) => progress.report(value));
  return (state) => {
    if (state.kind === 'loading') progress.report({ message: `loading the model; ${ENDS_WITH_WINDOW}` });
    else bar(`${howFar(state)}; ${ENDS_SHORT}`, state);
  };
}
