/**
 * The panels. One follows the text in front, as a Markdown preview does, until it is locked to its experiment; then the
 * next one that is opened follows. All come back after the window is reloaded.
 */
import * as vscode from 'vscode';
import type { PanelAction, PanelSavedState } from '../../protocol/panel';
import type { Flow } from '../flow';
import { CONTEXT, PANEL_TYPE, STATE } from '../ids';
import { tick } from '../walkthrough';
import { FlowPanel, type PanelDeps } from './panel';

/** Through a rename or a save, a text is in front before it is known which experiment it is. */
const FOLLOW_AFTER_MS = 150;

export interface ManagerDeps extends PanelDeps {
  /** Remembers from one window to the next which panels are locked. */
  readonly memory: Pick<vscode.Memento, 'get' | 'update'>;
  flow(uri: vscode.Uri): Promise<Flow>;
  known(uri: vscode.Uri): Flow | undefined;
  closed(flow: Flow): void;
  /** Another panel is in front, or none. */
  activeChanged(): void;
}

export class PanelManager {
  readonly #panels = new Map<Flow, FlowPanel>();
  readonly #locked = new Set<vscode.WebviewPanel>();
  /** Experiments whose panels were locked in the last window, and may still come back: hidden ones do when they are shown. */
  readonly #lockedBefore: Set<string>;
  #following: NodeJS.Timeout | undefined;

  constructor(private readonly deps: ManagerDeps) {
    this.#lockedBefore = new Set(deps.memory.get<readonly string[]>(STATE.locked));
  }

  get(flow: Flow): FlowPanel | undefined {
    return this.#panels.get(flow);
  }

  /** The panel that has the focus. */
  get active(): FlowPanel | undefined {
    return [...this.#panels.values()].find((panel) => panel.webview.active);
  }

  /** The panel that is not locked; there is at most one. */
  get #follower(): FlowPanel | undefined {
    return [...this.#panels.values()].find(({ webview }) => !this.#locked.has(webview));
  }

  async open(uri: vscode.Uri): Promise<void> {
    const flow = await this.deps.flow(uri);
    const known = this.get(flow) ?? this.#turn(flow);
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

  /** Another text is in front. A data set has a view of its own. */
  follow(uri: vscode.Uri): void {
    clearTimeout(this.#following);
    this.#following = setTimeout(() => {
      const flow = this.deps.known(uri);
      const front = vscode.window.activeTextEditor?.document.uri.toString();
      if (!flow || front !== uri.toString() || this.get(flow) || this.#isToCome(uri)) return;
      if (flow.parsed?.computable?.subject.kind === 'question') this.#turn(flow);
    }, FOLLOW_AFTER_MS);
  }

  /** Ties a panel to its experiment, or lets it follow again; what has followed meanwhile then stays where it is. */
  lock(locked: boolean, flow?: Flow): void {
    const panel = this.#meant(flow);
    if (!panel) return;
    const follower = this.#follower;
    if (!locked && follower && follower !== panel) this.#setLocked(follower, true);
    this.#setLocked(panel, locked);
  }

  /** Its file has another name or place. */
  moved(flow: Flow): void {
    const panel = this.get(flow);
    if (!panel) return;
    panel.rename(this.#locked.has(panel.webview));
    panel.allowPicture();
    this.#remember();
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
      if (this.get(flow)) {
        webview.dispose();
        return;
      }
      // At most one follows.
      const locked = this.#lockedBefore.delete(uri) || this.#follower !== undefined;
      this.#setLocked(this.#add(flow, webview), locked);
    } catch (e) {
      this.deps.log(`a panel could not be restored: ${String(e)}`);
      webview.dispose();
    }
  }

  /** A palette command. */
  do(action: PanelAction, flow?: Flow): void {
    const panel = this.#meant(flow);
    panel?.post({ type: 'do', action });
    if (action === 'focus-image') panel?.webview.reveal(undefined, false);
  }

  dispose(): void {
    clearTimeout(this.#following);
  }

  /** The panel that is in front, else the one of this experiment, else the only one. */
  #meant(flow?: Flow): FlowPanel | undefined {
    const [only, ...more] = this.#panels.values();
    return this.active ?? (flow && this.get(flow)) ?? (more.length === 0 ? only : undefined);
  }

  #add(flow: Flow, webview: vscode.WebviewPanel): FlowPanel {
    const panel = new FlowPanel(flow, webview, this.deps);
    this.#panels.set(flow, panel);
    tick('didPanel');
    webview.onDidChangeViewState(() => this.#tellContext());
    webview.onDidDispose(() => {
      const now = [...this.#panels.values()].find((one) => one.webview === webview);
      this.#locked.delete(webview);
      if (now) this.#leave(now);
      this.#remember();
      this.#tellContext();
    });
    this.#tellContext();
    return panel;
  }

  /** The page that follows shows another experiment; undefined where none follows. */
  #turn(flow: Flow): FlowPanel | undefined {
    const before = this.#follower;
    if (!before) return undefined;
    this.#leave(before);
    const panel = new FlowPanel(flow, before.webview, this.deps);
    this.#panels.set(flow, panel);
    this.#tellContext();
    return panel;
  }

  #leave(panel: FlowPanel): void {
    this.#panels.delete(panel.flow);
    panel.leave();
    this.deps.closed(panel.flow);
  }

  /** Its locked panel of the last window is still a tab without its page. */
  #isToCome(uri: vscode.Uri): boolean {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const ours = tabs.filter(
      ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(PANEL_TYPE),
    );
    if (ours.length <= this.#panels.size) this.#lockedBefore.clear();
    return this.#lockedBefore.has(uri.toString());
  }

  #setLocked(panel: FlowPanel, locked: boolean): void {
    if (locked) this.#locked.add(panel.webview);
    else this.#locked.delete(panel.webview);
    panel.rename(locked);
    this.#remember();
    this.#tellContext();
  }

  #remember(): void {
    const locked = [...this.#panels.values()].filter(({ webview }) => this.#locked.has(webview));
    const uris = locked.map(({ flow }) => flow.uri.toString());
    void this.deps.memory.update(STATE.locked, [...new Set([...uris, ...this.#lockedBefore])]);
  }

  #tellContext(): void {
    const panel = this.#meant();
    const set = (key: string, value: boolean): void => void vscode.commands.executeCommand('setContext', key, value);
    set(CONTEXT.panelOpen, this.#panels.size > 0);
    set(CONTEXT.panelLocked, panel !== undefined && this.#locked.has(panel.webview));
    this.deps.activeChanged();
  }
}
