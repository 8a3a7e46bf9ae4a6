/** The folder of a data set run, wherever it can be shown. */
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { usage } from '../../core/errors';

/** Throws CrossflowError `usage` when nothing was written there yet. */
export async function openFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) throw usage('there are no results yet', folder, 'run the data set');
  const uri = vscode.Uri.file(folder);
  // The explorer shows nothing, and says nothing, of a folder outside the workspace.
  if (vscode.workspace.getWorkspaceFolder(uri)) return vscode.commands.executeCommand('revealInExplorer', uri);
  if (vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined)
    return vscode.commands.executeCommand('revealFileInOS', uri);
  const copy = 'Copy Path';
  const picked = await vscode.window.showInformationMessage(
    `Crossflow: the results are in ${folder}, outside this workspace.`,
    copy,
  );
  if (picked === copy) await vscode.env.clipboard.writeText(folder);
}
