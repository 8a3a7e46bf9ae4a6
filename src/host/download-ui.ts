/** How the editor asks for a download and shows it. */
import * as vscode from 'vscode';
import type { DownloadUi } from './download';

/** Messages that come faster only flicker. */
const REPORT_EVERY_MS = 250;

export const downloadUi = (log: (line: string) => void): DownloadUi => ({
  log,
  trusted: () => vscode.workspace.isTrusted,
  confirm: async (what) => {
    const detail = 'It is kept in the cache that all Hugging Face tools share, and downloaded only once.';
    const download = 'Download';
    const answer = await vscode.window.showInformationMessage(`Download ${what}?`, { modal: true, detail }, download);
    return answer === download;
  },
  progress: (title, work) =>
    Promise.resolve(
      vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title, cancellable: true },
        (progress, token) => {
          const abort = new AbortController();
          token.onCancellationRequested(() => abort.abort());
          let shown = 0;
          let last = -Infinity;
          return work((message, fraction) => {
            const now = performance.now();
            if (now - last < REPORT_EVERY_MS && fraction < 1) return;
            last = now;
            progress.report({ message, increment: 100 * (fraction - shown) });
            shown = fraction;
          }, abort.signal);
        },
      ),
    ),
});
