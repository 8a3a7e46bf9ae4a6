/** What lies in the folders that the window has open. */
import path from 'node:path';
import * as vscode from 'vscode';
import { CONTEXT } from './ids';
import { isCheckpoint } from './language/disk';
import { filesBelow } from './language/walk';

/** Files of these names in all folders of the workspace. */
export async function inWorkspace(wanted: (name: string) => boolean): Promise<string[]> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return (await Promise.all(folders.map(({ uri }) => filesBelow(uri.fsPath, wanted)))).flat();
}

/**
 * The explorer offers an experiment on folders that hold a checkpoint. A menu can only look a path up in a list, so
 * the list is made, and made anew when a checkpoint comes or goes.
 */
export function listCheckpoints(): vscode.Disposable {
  const list = async (): Promise<void> => {
    const configs = await inWorkspace((name) => name === 'config.json');
    const folders = configs.map((file) => path.dirname(file)).filter(isCheckpoint);
    await vscode.commands.executeCommand('setContext', CONTEXT.checkpointFolders, folders);
  };
  // Weights are what comes last.
  const watcher = vscode.workspace.createFileSystemWatcher('**/{config.json,model.safetensors*}', false, true, false);
  const again = (): void => void list();
  again();
  return vscode.Disposable.from(
    watcher,
    watcher.onDidCreate(again),
    watcher.onDidDelete(again),
    vscode.workspace.onDidChangeWorkspaceFolders(again),
  );
}
