/** All panels: one per config, beside its text, and back again after the window is reloaded. */
import * as vscode from 'vscode';
import type { PanelAction, PanelSavedState } from '../../protocol/panel';
import type { Flow } from '../flow';
import { CONTEXT, PANEL_TYPE } from '../ids';
import { tick } from '../walkthrough';
import { FlowPanel, type PanelDeps } from './panel';

export interface ManagerDeps extends PanelDeps {
  flow(uri: vscode.Uri): Promise<Flow>;
  closed(flow: Flow): void;
  /** Another panel is in front, or none. */
  activeChanged(): void;
}

export class PanelManager {
  readonly #panels = new Map<Flow, FlowPanel>();

  constructor(private readonly deps: ManagerDeps) {}

  get(flow: Flow): FlowPanel | undefined {
    return this.#panels.get(flow);
  }

  /** The panel that has the focus. */
  get active(): FlowPanel | undefined {
    return [...this.#panels.values()].find((panel) => panel.webview.active);
  }

  async open(uri: vscode.Uri): Promise<void> {
    const flow = await this.deps.flow(uri);
    const known = this.get(flow);
    if (known) return known.webview.reveal(undefined, true);
    const webview = vscode.window.createWebviewPanel(
      PANEL_TYPE,
      `Crossflow: ${flow.title}`,
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      // A hidden panel keeps its curves and its place; what it holds is small.
      { retainContextWhenHidden: true },
    );
    this.#add(flow, webview);
  }

  /** Its file has another name or place. */
  moved(flow: Flow): void {
    const panel = this.get(flow);
    panel?.rename();
    panel?.allowPicture();
  }

  /** Its file is gone. */
  close(flow: Flow): void {
    this.get(flow)?.webview.dispose();
  }

  async restore(webview: vscode.WebviewPanel, state: unknown): Promise<void> {
    const { uri } = (state ?? {}) as Partial<PanelSavedState>;
    if (typeof uri !== 'string') {
      webview.dispose();
      return;
    }
    try {
      const flow = await this.deps.flow(vscode.Uri.parse(uri, true));
      if (this.get(flow)) webview.dispose();
      else this.#add(flow, webview);
    } catch (e) {
      this.deps.log(`a panel could not be restored: ${String(e)}`);
      webview.dispose();
    }
  }

  /** A palette command for the panel that is in front, else for the one of this experiment, else for the only one. */
  do(action: PanelAction, flow?: Flow): void {
    const [only, ...more] = this.#panels.values();
    const panel = this.active ?? (flow && this.get(flow)) ?? (more.length === 0 ? only : undefined);
    panel?.post({ type: 'do', action });
    if (action === 'focus-image') panel?.webview.reveal(undefined, false);
  }

  #add(flow: Flow, webview: vscode.WebviewPanel): void {
    const panel = new FlowPanel(flow, webview, this.deps);
    this.#panels.set(flow, panel);
    tick('didPanel');
    webview.onDidChangeViewState(() => this.#tellContext());
    webview.onDidDispose(() => {
      this.#panels.delete(flow);
      flow.attach(undefined);
      this.#tellContext();
      this.deps.closed(flow);
    });
    this.#tellContext();
  }

  #tellContext(): void {
    void vscode.commands.executeCommand('setContext', CONTEXT.panelOpen, this.#panels.size > 0);
    this.deps.activeChanged();
  }
}
