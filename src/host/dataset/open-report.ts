/** The report of a data set run: in the browser where there is one beside the editor, else as a preview in the editor. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { usage } from '../../core/errors';

/** Throws CrossflowError `usage` when no report was written there yet. */
export async function openReport(folder: string): Promise<void> {
  const [page, text] = ['report.html', 'report.md'].map((name) => path.join(folder, name));
  if (!existsSync(page) && !existsSync(text))
    throw usage('there is no report yet', folder, 'it is written when the run is complete');
  // Over a remote connection or in a browser the page's file is not on the reader's machine.
  const here = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  if (here && vscode.workspace.isTrusted && existsSync(page) && (await vscode.env.openExternal(vscode.Uri.file(page))))
    return;
  await vscode.commands.executeCommand('markdown.showPreviewToSide', vscode.Uri.file(text));
}
