/** The experiments of the workspace, for the Crossflow view; when there are none, the view welcomes. */
import path from 'node:path';
import * as vscode from 'vscode';
import { titleOf } from '../documents';
import { CONTEXT, FLOW_SUFFIX } from '../ids';
import { isCheckpoint } from '../language/disk';
import { filesBelow } from '../language/walk';

/** Files of these names in all folders of the workspace. */
async function inWorkspace(wanted: (name: string) => boolean): Promise<string[]> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return (await Promise.all(folders.map(({ uri }) => filesBelow(uri.fsPath, wanted)))).flat();
}

/** All experiments of the workspace. */
export const experimentFiles = async (): Promise<vscode.Uri[]> =>
  (await inWorkspace((name) => name.endsWith(FLOW_SUFFIX))).sort().map((file) => vscode.Uri.file(file));

async function items(): Promise<vscode.TreeItem[]> {
  void tellCheckpoints();
  return (await experimentFiles()).map((uri) => {
    const item = new vscode.TreeItem(titleOf(uri));
    item.resourceUri = uri;
    item.description = vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..'));
    item.iconPath = vscode.ThemeIcon.File;
    item.command = { command: 'vscode.open', title: 'Open', arguments: [uri] };
    return item;
  });
}

/** The explorer offers an experiment on folders that hold a checkpoint; a menu can only look a path up in a list. */
async function tellCheckpoints(): Promise<void> {
  const configs = await inWorkspace((name) => name === 'config.json');
  const folders = configs.map((file) => path.dirname(file)).filter(isCheckpoint);
  await vscode.commands.executeCommand('setContext', CONTEXT.checkpointFolders, folders);
}

export const experimentTree = { items };
