/** The report of a run or a study: in the browser where there is one beside the editor, else as a page of the editor. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { usage } from '../../core/errors';
import { REPORT_TYPE } from '../ids';

/** Throws CrossflowError `usage` when no report was written there yet. */
export async function openReport(folder: string, title: string): Promise<void> {
  const page = path.join(folder, 'report.html');
  if (!existsSync(page)) throw usage('there is no report yet', folder, 'it is written when the run is complete');
  // Over a remote connection or in a browser the page's file is not on the reader's machine.
  const here = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  if (here && vscode.workspace.isTrusted && (await vscode.env.openExternal(vscode.Uri.file(page)))) return;
  const webview = vscode.window.createWebviewPanel(
    REPORT_TYPE,
    title,
    // A column of the width that the editor has, not a third one.
    { viewColumn: vscode.ViewColumn.Active },
    // The page needs no script and loads nothing; its links open files beside it.
    { enableScripts: false, localResourceRoots: [], enableCommandUris: ['vscode.open'], enableFindWidget: true },
  );
  webview.webview.html = withLinks(await readFile(page, 'utf8'), folder);
}

/** Addresses beside the report, which its page in the editor cannot reach, as commands that open the file. */
function withLinks(html: string, folder: string): string {
  return html.replace(/ href="\.\/([^"]+)"/g, (_, address: string) => {
    const file = path.join(folder, ...address.replaceAll('&amp;', '&').split('/').map(decodeURIComponent));
    return ` href="command:vscode.open?${encodeURIComponent(JSON.stringify([vscode.Uri.file(file)]))}"`;
  });
}
