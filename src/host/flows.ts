/** Texts of experiments, and one Flow for each: as they open, change, move and close. */
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { ResultsManager } from './dataset/manager';
import { isFlow, isStudy, openAt, parsed } from './documents';
import { Flow, type FlowDeps } from './flow';
import type { TextChange } from './history';
import type { Diagnostics } from './language/diagnostics';
import { runsByItself } from './models';
import { isWithin, movedTo } from './moves';
import type { PanelManager } from './panel/manager';
import { runOnOpen } from './settings';

/** Editors inside another, such as the sides of a comparison or a peek, have no column. */
const isMain = ({ viewColumn }: vscode.TextEditor): boolean => viewColumn !== undefined;

/** Only a typist makes one small change after the other; the panel's edits are whole. */
function changeOf(
  reason: vscode.TextDocumentChangeReason | undefined,
  changes: readonly vscode.TextDocumentContentChangeEvent[],
): TextChange {
  if (reason === vscode.TextDocumentChangeReason.Undo) return 'undo';
  if (reason === vscode.TextDocumentChangeReason.Redo) return 'redo';
  return changes.some(({ text, rangeLength }) => text.length > 1 || rangeLength > 1) ? 'edit' : 'key';
}

export interface FlowsDeps {
  readonly flow: FlowDeps;
  readonly diagnostics: Diagnostics;
  /** Known once they are made, which needs the flows. */
  readonly views: () => { readonly panels: PanelManager; readonly results: ResultsManager };
  /** A flow is gone. */
  left(): void;
}

export class Flows {
  readonly #flows = new Map<string, Flow>();

  constructor(private readonly deps: FlowsDeps) {}

  /** Follows the texts of this window, those that are open already included. */
  watch(): vscode.Disposable {
    const { workspace, window } = vscode;
    const watching = vscode.Disposable.from(
      workspace.onDidOpenTextDocument((document) => void this.opened(document)),
      window.onDidChangeVisibleTextEditors((editors) => editors.forEach((editor) => this.#shown(editor))),
      window.onDidChangeActiveTextEditor((editor) => {
        if (editor && isFlow(editor.document) && isMain(editor)) this.#panels.follow(editor.document.uri);
      }),
      window.onDidChangeTextEditorViewColumn(({ textEditor }) => this.#shown(textEditor)),
      workspace.onDidChangeTextDocument((event) => this.#edited(event)),
      workspace.onDidCloseTextDocument((document) => void this.#closed(document)),
      workspace.onDidRenameFiles(({ files }) => void this.#renamed(files)),
      workspace.onDidDeleteFiles(({ files }) => this.#deleted(files)),
      workspace.onDidSaveTextDocument((document) => this.#diagnose(document)),
      workspace.onDidGrantWorkspaceTrust(() => this.#trusted()),
    );
    for (const document of workspace.textDocuments) void this.opened(document);
    return watching;
  }

  /** The experiment at a place, as its text is now; opened when it is not. */
  async open(uri: vscode.Uri): Promise<Flow> {
    const document = await vscode.workspace.openTextDocument(uri);
    const known = this.known(uri);
    if (known) known.catchUp(document);
    return known ?? this.#add(document);
  }

  known(uri: vscode.Uri): Flow | undefined {
    return this.#flows.get(uri.toString());
  }

  get #panels(): PanelManager {
    return this.deps.views().panels;
  }

  get #results(): ResultsManager {
    return this.deps.views().results;
  }

  get all(): readonly Flow[] {
    return [...this.#flows.values()];
  }

  #add(document: vscode.TextDocument): Flow {
    const flow = new Flow(document.uri, this.deps.flow);
    this.#flows.set(document.uri.toString(), flow);
    flow.read(document, 'edit');
    return flow;
  }

  /** A text is there, or has just got its first content: it is checked, and runs when it is shown and small. */
  async opened(document: vscode.TextDocument): Promise<void> {
    if (isStudy(document)) this.#diagnose(document);
    if (!isFlow(document)) return;
    const flow = this.known(document.uri);
    // While a panel alone showed it, the file may have changed.
    if (flow) flow.catchUp(document);
    // A new text that is being saved is open twice for a moment; when the first closes, its Flow comes here.
    else if (document.isUntitled || !this.known(document.uri.with({ scheme: 'untitled' }))) this.#add(document);
    this.#diagnose(document);
    if (vscode.window.visibleTextEditors.some((editor) => editor.document === document && isMain(editor)))
      await this.#look(document);
  }

  #shown(editor: vscode.TextEditor): void {
    if (isFlow(editor.document) && isMain(editor)) void this.#look(editor.document);
  }

  /** Someone looks at a text. Others open it too, such as comparisons and searches: nothing runs for those. */
  async #look(document: vscode.TextDocument): Promise<void> {
    const { computable } = parsed(document);
    if (computable && runOnOpen() && vscode.workspace.isTrusted && (await runsByItself(computable)))
      this.known(document.uri)?.start();
  }

  #edited({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    if (isStudy(document)) this.#diagnose(document);
    if (!isFlow(document) || contentChanges.length === 0) return;
    const flow = this.known(document.uri);
    flow?.read(document, changeOf(reason, contentChanges));
    if (flow) this.#panels.get(flow)?.allowPicture();
    this.#diagnose(document);
  }

  /** A text closed. One that was never on the disk is either there now, or thrown away. */
  async #closed(document: vscode.TextDocument): Promise<void> {
    if (isStudy(document)) this.deps.diagnostics.forget(document.uri);
    const flow = this.known(document.uri);
    if (!flow) return;
    if (document.isUntitled && !openAt(document.uri)) {
      const saved = this.#savedAs(document);
      if (saved) return this.#move(flow, saved);
      this.#panels.close(flow);
    }
    this.leave(flow);
  }

  /** Where a text that was new is now: at the place it was meant for, or where its very words are shown since. */
  #savedAs(document: vscode.TextDocument): vscode.Uri | undefined {
    const own = document.uri.with({ scheme: 'file' });
    if (existsSync(own.fsPath)) return own;
    const text = document.getText();
    return vscode.workspace.textDocuments.find((other) => {
      const flow = this.known(other.uri);
      return isFlow(other) && !other.isUntitled && other.getText() === text && !(flow && this.#panels.get(flow));
    })?.uri;
  }

  async #renamed(files: readonly { readonly oldUri: vscode.Uri; readonly newUri: vscode.Uri }[]): Promise<void> {
    for (const flow of [...this.#flows.values()]) {
      const to = files.map((file) => movedTo(flow.uri, file)).find((uri) => uri !== undefined);
      if (to) await this.#move(flow, to);
    }
  }

  #deleted(files: readonly vscode.Uri[]): void {
    for (const flow of [...this.#flows.values()]) {
      // What has not been saved stays in the editor.
      if (files.some((file) => isWithin(flow.uri, file)) && !openAt(flow.uri)?.isDirty) this.#panels.close(flow);
    }
  }

  /** The experiment is in another file now; its session, its panel and its results stay with it. */
  async #move(flow: Flow, to: vscode.Uri): Promise<void> {
    const document = await vscode.workspace.openTextDocument(to);
    const there = this.known(to);
    if (there === flow) return;
    // The new text may have been seen before the old one closed.
    if (there && (this.#panels.get(there) || this.#results.has(there))) this.#panels.close(flow);
    else {
      this.#flows.delete(flow.uri.toString());
      this.deps.diagnostics.forget(flow.uri);
      there?.dispose();
      this.#flows.set(to.toString(), flow);
      flow.moveTo(document);
      this.#panels.moved(flow);
      this.#results.moved(flow);
      this.#diagnose(document);
    }
    this.leave(flow);
  }

  /** The text, the panel or the results closed: when all are gone, so is the session. */
  leave(flow: Flow): void {
    const key = flow.uri.toString();
    if (this.#flows.get(key) !== flow || openAt(flow.uri) || this.#panels.get(flow) || this.#results.has(flow)) return;
    this.#flows.delete(key);
    this.deps.diagnostics.forget(flow.uri);
    flow.dispose();
    this.deps.left();
  }

  #trusted(): void {
    for (const document of vscode.workspace.textDocuments) void this.opened(document);
    for (const flow of this.#flows.values()) if (this.#panels.get(flow)) flow.show();
  }

  /** What is wrong with an experiment's text, where it is open. */
  diagnose({ uri }: Flow): void {
    const document = openAt(uri);
    if (document) this.#diagnose(document);
  }

  /** A file that an experiment names changed: what kept its text from running when it was shown may be there now. */
  filesChanged(flow: Flow): void {
    this.diagnose(flow);
    const at = flow.uri.toString();
    const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === at);
    if (editor) this.#shown(editor);
  }

  #diagnose(document: vscode.TextDocument): void {
    if (isStudy(document) || isFlow(document)) this.deps.diagnostics.soon(document, () => this.known(document.uri));
  }

  dispose(): void {
    for (const flow of this.#flows.values()) flow.dispose();
    this.#flows.clear();
  }
}
