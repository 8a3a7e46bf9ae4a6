/**
 * The extension's way in. It only registers; everything that costs time (parsers, schemas, providers, engines) comes
 * with `app`, which loads with the first experiment, command or panel.
 */
import * as vscode from 'vscode';
import type { App } from './app';
import { COMMANDS, FLOW_SELECTOR, PANEL_TYPE, RESULTS_TYPE, STATE, STUDY_SELECTOR, VIEWS } from './ids';
import { putOnPath } from './terminal';

export function activate(context: vscode.ExtensionContext): void {
  let loading: Promise<App> | undefined;
  const app = (): Promise<App> => (loading ??= import('./app').then(({ App }) => new App(context)));

  for (const id of Object.values(COMMANDS)) {
    context.subscriptions.push(
      vscode.commands.registerCommand(id, async (...args: unknown[]) => (await app()).commands.run(id, args)),
    );
  }
  putOnPath(context);
  const wake = (document: vscode.TextDocument): void => {
    if (vscode.languages.match([...FLOW_SELECTOR, ...STUDY_SELECTOR], document) > 0) void app();
  };
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument(wake),
    vscode.window.registerWebviewPanelSerializer(PANEL_TYPE, {
      deserializeWebviewPanel: async (panel, state) => (await app()).panels.restore(panel, state),
    }),
    vscode.window.registerWebviewPanelSerializer(RESULTS_TYPE, {
      deserializeWebviewPanel: async (panel, state) => (await app()).results.restore(panel, state),
    }),
    vscode.window.createTreeView(VIEWS.start, {
      treeDataProvider: {
        getTreeItem: (item: vscode.TreeItem) => item,
        getChildren: async (item?: vscode.TreeItem) => (item ? [] : (await app()).tree.items()),
        onDidChangeTreeData: (listener, that, disposables) => {
          const watcher = vscode.workspace.createFileSystemWatcher('**/*.flow.json', false, true, false);
          const tell = (): void => void listener.call(that, undefined);
          const all = vscode.Disposable.from(watcher, watcher.onDidCreate(tell), watcher.onDidDelete(tell));
          disposables?.push(all);
          return all;
        },
      },
    }),
  );
  vscode.workspace.textDocuments.forEach(wake);
  if (context.globalState.get(STATE.opening) !== undefined) void app().then((found) => found.commands.goOn());
  void import('./workspace').then(({ listCheckpoints }) => context.subscriptions.push(listCheckpoints()));
}
