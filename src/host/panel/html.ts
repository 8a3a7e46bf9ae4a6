/** The page around a bundle of dist/webview: strict policy, no inline style or script but the one with the nonce. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export function pageHtml(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  page: { bundle: 'panel' | 'results'; title: string; uri: string },
): string {
  const nonce = randomBytes(16).toString('base64');
  const at = (file: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', file)).toString();
  const source = webview.cspSource;
  const policy = [
    `default-src 'none'`,
    `img-src ${source} data: blob:`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source}`,
    `font-src ${source}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(page.title)}</title>
<link rel="stylesheet" href="${at(`${page.bundle}.css`)}">
</head>
<body data-uri="${escape(page.uri)}">
<script nonce="${nonce}" src="${at(`${page.bundle}.js`)}"></script>
</body>
</html>`;
}
