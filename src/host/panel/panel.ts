/** One webview beside its config: what it asks becomes edits of the text, questions to the engine, or files. */
import * as vscode from 'vscode';
import { toCrossflowError } from '../../core/errors';
import { difference } from '../../core/experiment/edits';
import type { Edit } from '../../core/experiment/problems';
import type { HostToPanel, Outcome, PanelToHost } from '../../protocol/panel';
import type { Flow } from '../flow';
import { COMMANDS } from '../ids';
import { notice } from '../subject';
import { tick } from '../walkthrough';
import { pageHtml } from './html';
import { editFor, type PanelEdit } from './edits';
import { freeName, nameProblem } from './new-set';
import { answerRequest, type RequestDeps } from './requests';

export interface PanelDeps extends RequestDeps {
  readonly extensionUri: vscode.Uri;
  log(line: string): void;
  showOutput(): void;
}

export class FlowPanel {
  #roots: string | undefined;
  #ready = false;
  /** Requests without their answer, by id. */
  readonly #asked = new Map<number, AbortController>();
  #edits: Promise<void> = Promise.resolve();
  readonly #listeners: vscode.Disposable[] = [];

  constructor(
    readonly flow: Flow,
    readonly webview: vscode.WebviewPanel,
    private readonly deps: PanelDeps,
  ) {
    this.rename();
    webview.iconPath = {
      light: vscode.Uri.joinPath(deps.extensionUri, 'media', 'flow-light.svg'),
      dark: vscode.Uri.joinPath(deps.extensionUri, 'media', 'flow-dark.svg'),
    };
    this.allowPicture();
    // A late reply is for nobody then, and the webview would throw.
    this.#listeners.push(
      webview.onDidDispose(() => (this.#ready = false)),
      webview.webview.onDidReceiveMessage((message: PanelToHost) => void this.#receive(message)),
    );
    flow.attach({
      post: (message) => this.post(message),
      asWebviewUri: (file) => webview.webview.asWebviewUri(vscode.Uri.file(file)).toString(),
    });
    webview.webview.html = pageHtml(webview.webview, deps.extensionUri, {
      bundle: 'panel',
      title: webview.title,
      uri: flow.uri.toString(),
    });
  }

  /** The title follows the file's name. */
  rename(locked = false): void {
    this.webview.title = `Crossflow: ${this.flow.title}${locked ? ' (locked)' : ''}`;
  }

  /** The page turns to another experiment, or is closed. */
  leave(): void {
    this.#ready = false;
    for (const listener of this.#listeners) listener.dispose();
    for (const asked of this.#asked.values()) asked.abort();
    this.flow.attach(undefined);
  }

  /** Messages before the page listens would be lost; `ready` brings everything. */
  post(message: HostToPanel): void {
    if (this.#ready) void this.webview.webview.postMessage(message);
  }

  /** The page may read the extension's own pages and the folder of the picture, nothing else. */
  allowPicture(): void {
    const folder = this.flow.imageFolder;
    if (this.#roots !== undefined && this.#roots === (folder ?? '')) return;
    this.#roots = folder ?? '';
    this.webview.webview.options = {
      enableScripts: true,
      localResourceRoots: [
        vscode.Uri.joinPath(this.deps.extensionUri, 'dist', 'webview'),
        ...(folder === undefined ? [] : [vscode.Uri.file(folder)]),
      ],
    };
  }

  async #receive(message: PanelToHost): Promise<void> {
    const { flow } = this;
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        return flow.show();
      case 'request': {
        const abort = new AbortController();
        this.#asked.set(message.id, abort);
        const outcome = await answerRequest(flow, message, this.deps, abort.signal).then(
          (value): Outcome => ({ ok: true, value: value }),
          (e: unknown): Outcome => {
            const { message: text, hint } = toCrossflowError(e);
            return { ok: false, message: text, ...(hint && { hint }) };
          },
        );
        this.#asked.delete(message.id);
        return this.post({ type: 'reply', id: message.id, outcome });
      }
      case 'cancel-request':
        return this.#asked.get(message.id)?.abort();
      case 'choose-set':
        return flow.chooseSet(message.set);
      case 'new-set':
        return this.#newSet();
      case 'cancel':
        return flow.session.cancel();
      case 'run':
        // The command knows questions and data sets.
        return void vscode.commands.executeCommand(COMMANDS.run, flow.uri);
      case 'restart-engine':
        return void flow.session.restart();
      case 'undo':
      case 'redo':
        return this.step(message.type);
      case 'reveal-line':
        return void this.#reveal(message.line);
      case 'show-output':
        return this.deps.showOutput();
      case 'panel-error':
        return this.deps.log(`panel: ${message.message}`);
      default:
        return this.#inTurn(() => this.#edit(message));
    }
  }

  /** One step back or forth through the states of the text. */
  step(way: 'undo' | 'redo'): Promise<void> {
    return this.#inTurn(() => this.#step(way));
  }

  /** One after the other: each edit is made for the text that the one before it left. */
  #inTurn(edit: () => Promise<void>): Promise<void> {
    this.#edits = this.#edits.then(edit).catch((e: unknown) => {
      void vscode.window.showErrorMessage(notice(this.flow.title, toCrossflowError(e)));
    });
    return this.#edits;
  }

  /** The text gets the set with its first patch. */
  async #newSet(): Promise<void> {
    const sets = this.flow.experiment?.sets ?? {};
    const name = await vscode.window.showInputBox({
      title: 'Crossflow: new patch set',
      prompt: 'Clicks on the picture then edit this set.',
      value: freeName(sets),
      validateInput: (typed) => nameProblem(typed, sets),
    });
    if (name === undefined) return;
    this.flow.chooseSet(name.trim());
    this.webview.reveal(undefined, false);
  }

  async #edit(message: PanelEdit): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.flow.uri);
    const applied = await this.#apply(document, editFor(document.getText(), message, this.flow));
    if (applied && message.type === 'set-patches' && message.patches.length > 0) tick('didPatches');
  }

  /** By an edit: the editor's own undo would have to give the text the focus, and a place in the layout. */
  async #step(way: 'undo' | 'redo'): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.flow.uri);
    const text = this.flow.step(way);
    if (text === undefined) return;
    if (!(await this.#apply(document, difference(document.getText(), text))))
      this.flow.step(way === 'undo' ? 'redo' : 'undo');
  }

  async #apply(document: vscode.TextDocument, edits: readonly Edit[]): Promise<boolean> {
    if (edits.length === 0) return true;
    const edit = new vscode.WorkspaceEdit();
    for (const { offset, length, content } of edits) {
      const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
      edit.replace(document.uri, range, content);
    }
    const applied = await vscode.workspace.applyEdit(edit);
    if (!applied) this.deps.log(`the editor refused a change of ${this.flow.uri.fsPath}`);
    return applied;
  }

  async #reveal(line: number): Promise<void> {
    const shown = vscode.window.visibleTextEditors.find((e) => e.document.uri.toString() === this.flow.uri.toString());
    await vscode.window.showTextDocument(this.flow.uri, {
      viewColumn: shown?.viewColumn ?? vscode.ViewColumn.One,
      selection: new vscode.Range(line - 1, 0, line - 1, 0),
    });
  }
}
