/** One webview with the table of a data set run. */
import * as vscode from 'vscode';
import type { RunOverview } from '../../core/report/overview-types';
import type { HostToResults, PanelStatus, ResultsToHost } from '../../protocol/panel';
import type { Flow } from '../flow';
import { pageHtml } from '../panel/html';
import { runStatus, type RunState } from './run';

export interface ResultsActions {
  cancel(): void;
  resume(): void;
  openQuestion(questionId: string): void;
  /** `folder`: where the results are, or will be. */
  openFolder(folder: string): void;
  openReport(folder: string): void;
}

export class ResultsView {
  #ready = false;
  #result: RunOverview | undefined;
  #status: PanelStatus = { kind: 'idle' };

  constructor(
    private readonly flow: Flow,
    readonly webview: vscode.WebviewPanel,
    private readonly extensionUri: vscode.Uri,
    private readonly actions: ResultsActions,
  ) {
    const pages = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    webview.iconPath = {
      light: vscode.Uri.joinPath(extensionUri, 'media', 'flow-light.svg'),
      dark: vscode.Uri.joinPath(extensionUri, 'media', 'flow-dark.svg'),
    };
    webview.webview.options = { enableScripts: true, localResourceRoots: [pages] };
    // Its webview throws from then on, and what a run still says is for nobody here.
    webview.onDidDispose(() => (this.#ready = false));
    webview.webview.onDidReceiveMessage((message: ResultsToHost) => this.#receive(message));
    this.rename();
  }

  /** The page anew, which remembers the file's place over a window reload; once ready it is told everything. */
  rename(): void {
    const { flow, webview } = this;
    this.#ready = false;
    webview.title = `Results: ${flow.title}`;
    webview.webview.html = pageHtml(webview.webview, this.extensionUri, {
      bundle: 'results',
      title: webview.title,
      uri: flow.uri.toString(),
    });
  }

  get hasResults(): boolean {
    return this.#result !== undefined;
  }

  /** How far a run is that fills this view. */
  setRun(state: RunState): void {
    this.setStatus(runStatus(state));
  }

  setStatus(status: PanelStatus): void {
    this.#status = status;
    this.#post({ type: 'results-status', status });
  }

  /** All of a run, or what there is of one that was stopped. */
  setResult(result: RunOverview): void {
    this.#result = result;
    this.#sendResult();
    const { done, asked, failed } = result;
    this.setStatus({ kind: done + failed.length < asked ? 'cancelled' : 'idle' });
  }

  #sendResult(): void {
    const result = this.#result;
    if (!result) return;
    const { edges, layers, rows, kept, done, asked, failed } = result;
    this.#post({ type: 'results', title: this.flow.title, edges, layers, rows, kept, done, asked, failed });
  }

  #receive(message: ResultsToHost): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.#sendResult();
        return this.#post({ type: 'results-status', status: this.#status });
      case 'cancel':
        return this.actions.cancel();
      case 'resume':
        return this.actions.resume();
      case 'open-question':
        return this.actions.openQuestion(message.questionId);
      case 'open-folder':
        if (this.#folder !== undefined) this.actions.openFolder(this.#folder);
        return;
      case 'open-report':
        if (this.#folder !== undefined) this.actions.openReport(this.#folder);
    }
  }

  get #folder(): string | undefined {
    return this.#result?.output ?? this.flow.experiment?.output;
  }

  #post(message: HostToResults): void {
    if (this.#ready) void this.webview.webview.postMessage(message);
  }
}
