/** The experiments of the workspace, for the Crossflow view; when there are none, the view welcomes. */
import * as vscode from 'vscode';
import { titleOf } from '../documents';
import { CONTEXT } from '../ids';
import { isCheckpoint } from '../language/disk';

const SKIP = '**/{node_modules,.git}/**';
const MOST = 500;

async function items(): Promise<vscode.TreeItem[]> {
  void tellCheckpoints();
  const files = await vscode.workspace.findFiles('**/*.flow.json', SKIP, MOST);
  return files.sort((a, b) => a.path.localeCompare(b.path)).map((uri) => {
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
  const configs = await vscode.workspace.findFiles('**/config.json', SKIP, MOST);
  const folders = configs.map((uri) => vscode.Uri.joinPath(uri, '..').fsPath).filter(isCheckpoint);
  await vscode.commands.executeCommand('setContext', CONTEXT.checkpointFolders, folders);
}

export const experimentTree = { items };
