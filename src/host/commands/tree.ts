/** The experiments of the workspace, for the Crossflow view; when there are none, the view welcomes. */
import * as vscode from 'vscode';
import { titleOf } from '../documents';
import { FLOW_SUFFIX } from '../ids';
import { inWorkspace } from '../workspace';

/** All experiments of the workspace. */
export const experimentFiles = async (): Promise<vscode.Uri[]> =>
  (await inWorkspace((name) => name.endsWith(FLOW_SUFFIX))).sort().map((file) => vscode.Uri.file(file));

async function items(): Promise<vscode.TreeItem[]> {
  return (await experimentFiles()).map((uri) => {
    const item = new vscode.TreeItem(titleOf(uri));
    item.resourceUri = uri;
    item.description = vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..'));
    item.iconPath = vscode.ThemeIcon.File;
    item.command = { command: 'vscode.open', title: 'Open', arguments: [uri] };
    return item;
  });
}

export const experimentTree = { items };
