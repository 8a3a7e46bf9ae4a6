/** A page around the real bundle, as the host makes it: same policy, same body; and a stand-in for the editor's API. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { themeOf, type ThemeName } from './themes';
import { pack } from './wire';

const root = path.resolve(__dirname, '../../..');
const bundles = process.env.CROSSFLOW_WEBVIEW ?? path.join(root, 'dist/webview');
const NONCE = 'dGVzdHMgb25seQ';

/** What the editor gives a page before its script runs. State lives as long as the tab: a reload finds it again. */
const API = `
window.crossflowState = () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined;
window.acquireVsCodeApi = () => {
  window.acquireVsCodeApi = () => { throw new Error('only once'); };
  return {
    postMessage: (m) => void window.crossflowPost(JSON.stringify(m)),
    getState: window.crossflowState,
    setState: (s) => sessionStorage.setItem('state', JSON.stringify(s)),
  };
};
window.crossflowDeliver = (text) => window.postMessage(JSON.parse(text, (key, v) => {
  if (typeof v !== 'object' || v === null) return v;
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return typeof v.$f32 === 'string' ? new Float32Array(bytes(v.$f32).buffer) : typeof v.$u8 === 'string' ? bytes(v.$u8) : v;
}), '*');
`;

export interface PageOptions {
  readonly bundle: 'panel' | 'results';
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly scale?: number;
  /** Bytes of the picture served as /image. */
  readonly image?: { readonly bytes: Buffer; readonly type: string };
  receive(message: unknown): void;
}

export interface TestPage {
  readonly page: Page;
  /** Breaches of the policy and script errors; empty in every test. */
  readonly complaints: readonly string[];
  readonly deliver: (message: unknown) => Promise<void>;
  setTheme(name: ThemeName): Promise<void>;
  close(): Promise<void>;
}

/** How tests start a browser. */
export const LAUNCH = {
  executablePath: process.env.CROSSFLOW_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

let browser: Promise<Browser> | undefined;

export async function openPage(options: PageOptions): Promise<TestPage> {
  const complaints: string[] = [];
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', options, complaints, String((server.address() as AddressInfo).port)).then(
      ({ status, type, body, headers }) => response.writeHead(status, { 'content-type': type, ...headers }).end(body),
    );
  });
  await listen(server);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser ??= chromium.launch(LAUNCH);
  const context = await (
    await browser
  ).newContext({
    viewport: { width: options.width ?? 1200, height: options.height ?? 900 },
    deviceScaleFactor: options.scale ?? 1,
  });
  const page = await context.newPage();
  page.on('pageerror', (e) => complaints.push(`error: ${e.message}`));
  page.on('console', (m) => {
    if (m.type() === 'error' || /Content Security Policy/.test(m.text())) complaints.push(`console: ${m.text()}`);
  });
  await page.exposeFunction('crossflowPost', (text: string) => options.receive(JSON.parse(text)));
  // tsx names functions with a helper that the page does not have.
  await page.addInitScript('globalThis.__name = (f) => f;');
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) =>
      console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`),
    );
  });
  await page.addInitScript(dress, themeOf(options.theme ?? 'dark'));
  await page.goto(origin);
  return {
    page,
    complaints,
    deliver: (message) =>
      page.evaluate(
        (text) => (window as unknown as { crossflowDeliver(t: string): void }).crossflowDeliver(text),
        pack(message),
      ),
    setTheme: (name) => page.evaluate(dress, themeOf(name)),
    close: async () => {
      await context.close();
      await new Promise((done) => server.close(done));
    },
  };
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

/** In the page: the theme's class and variables, once there is a body. */
function dress({ classes, variables }: { classes: string; variables: Record<string, string> }): void {
  const put = (): void => {
    for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(name, value);
    for (const name of [...document.documentElement.style])
      if (!(name in variables)) document.documentElement.style.removeProperty(name);
    document.body.className = classes;
  };
  if (document.body) put();
  else
    new MutationObserver((_, seen) => {
      if (!document.body) return;
      seen.disconnect();
      put();
    }).observe(document, { childList: true, subtree: true });
}

interface Reply {
  status: number;
  type: string;
  body: string | Buffer;
  headers?: Record<string, string>;
}

async function answer(url: string, options: PageOptions, complaints: string[], port: string): Promise<Reply> {
  const { bundle, image } = options;
  if (url === '/image' && image)
    return { status: 200, type: image.type, body: image.bytes, headers: { 'access-control-allow-origin': '*' } };
  if (url === '/favicon.ico') return { status: 204, type: 'text/plain', body: '' };
  if (url === '/csp') {
    complaints.push('policy report');
    return { status: 204, type: 'text/plain', body: '' };
  }
  if (url === `/${bundle}.js` || url === `/${bundle}.css`) {
    return {
      status: 200,
      type: url.endsWith('js') ? 'text/javascript' : 'text/css',
      body: await readFile(path.join(bundles, url)),
    };
  }
  if (url !== '/') return { status: 404, type: 'text/plain', body: 'not here' };
  const source = `http://127.0.0.1:${port}`;
  // The same words as src/host/panel/html.ts, and reports.
  const policy = `default-src 'none'; img-src ${source} data: blob:; script-src 'nonce-${NONCE}'; style-src ${source}; font-src ${source}; report-uri /csp`;
  const body = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Crossflow</title>
<link rel="stylesheet" href="${source}/${bundle}.css">
</head>
<body data-uri="file:///star.flow.json">
<script nonce="${NONCE}">${API}</script>
<script nonce="${NONCE}" src="${source}/${bundle}.js"></script>
</body>
</html>`;
  return { status: 200, type: 'text/html', body, headers: { 'content-security-policy': policy } };
}

const listen = (server: Server): Promise<void> => new Promise((done) => server.listen(0, '127.0.0.1', done));
