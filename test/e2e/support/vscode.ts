/** A real VS Code (its server build) with the packaged extension, driven through a browser as a user would. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type Frame, type Page } from 'playwright-core';

export const root = path.resolve(import.meta.dirname, '../../..');
const target = `${process.platform}-${process.arch}`;
const LAUNCHER = process.env.CROSSFLOW_VSCODE ?? path.join(os.homedir(), '.cache/crossflow-vscode/code-server');
const CHROMIUM = process.env.CROSSFLOW_CHROMIUM ?? '/usr/bin/chromium';
/** A loaded machine may take long; a user would wait too. */
export const PATIENCE = Number(process.env.CROSSFLOW_PATIENCE ?? 60_000);
const run = promisify(execFile);
/** A fragment, an escape that is none, blanks, and letters of more than one byte. */
const FOLDER = 'a#b %41 é 日本';

export interface StartOptions {
  /** Packaged extension; default: the one that `npm run package` made for this platform. */
  readonly vsix?: string;
  /** An unpacked extension instead, linked into the place of installed ones. */
  readonly unpacked?: string;
  /** Copied to a fresh folder, which is opened. Default: examples and the embedded model, as a user gets them. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Asks for trust, as VS Code does for new folders. */
  readonly trustPrompt?: boolean;
  /** Where the example is put; left out: a folder whose name has what paths and addresses write differently. */
  readonly folder?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly scale?: number;
  /** In place of this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const SETTINGS = {
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.colorTheme': 'Default Dark Modern',
  'window.autoDetectColorScheme': false,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'editor.minimap.enabled': false,
  'editor.stickyScroll.enabled': false,
  'editor.wordWrap': 'on',
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'files.simpleDialog.enable': true,
  'security.workspace.trust.enabled': false,
};

export class VSCode {
  /** What pages inside webviews were refused by their content policy. */
  readonly violations: string[] = [];

  private constructor(
    /** The opened folder: `examples` and `models` in it. */
    readonly folder: string,
    readonly page: Page,
    private readonly scratch: string,
    private readonly server: ChildProcess,
    private readonly browser: Browser,
    private readonly url: string,
  ) {
    // The workbench's own pages report too; ours come from webviews with an extension's id in their address.
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text()) && /crossflow/.test(message.location().url))
        this.violations.push(message.text());
    });
  }

  static async start(options: StartOptions = {}): Promise<VSCode> {
    const scratch = await mkdtemp(path.join(os.tmpdir(), 'crossflow-e2e-'));
    const folder = options.folder ?? path.join(scratch, FOLDER);
    const data = path.join(scratch, 'data');
    const extensions = path.join(scratch, 'extensions');
    await mkdir(path.join(data, 'User'), { recursive: true });
    await mkdir(extensions, { recursive: true });
    await cp(path.join(root, 'examples'), path.join(folder, 'examples'), {
      recursive: true,
      filter: (file) => path.basename(file) !== 'results',
    });
    await cp(path.join(root, 'models/shapes-llava'), path.join(folder, 'models/shapes-llava'), { recursive: true });
    const settings = {
      ...SETTINGS,
      'security.workspace.trust.enabled': options.trustPrompt === true,
      ...options.settings,
    };
    await writeFile(path.join(data, 'User/settings.json'), JSON.stringify(settings));
    if (options.unpacked)
      await cp(options.unpacked, path.join(extensions, 'crossflow.crossflow-0.1.0'), { recursive: true });
    else {
      const vsix = options.vsix ?? path.join(root, 'out', `crossflow-${target}.vsix`);
      await run(LAUNCHER, ['--user-data-dir', data, '--extensions-dir', extensions, '--install-extension', vsix]);
    }
    const port = await freePort();
    const server = spawn(
      LAUNCHER,
      [
        '--auth',
        'none',
        '--bind-addr',
        `127.0.0.1:${port}`,
        '--disable-telemetry',
        '--disable-update-check',
        ...(options.trustPrompt ? [] : ['--disable-workspace-trust']),
        '--user-data-dir',
        data,
        '--extensions-dir',
        extensions,
        folder,
      ],
      // A group of its own: its children end with it.
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
        env: { ...(options.env ?? process.env), XDG_CONFIG_HOME: scratch },
      },
    );
    const url = `http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`;
    await answers(url, server);
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    const context = await browser.newContext({
      viewport: options.viewport ?? { width: 1600, height: 1000 },
      deviceScaleFactor: options.scale ?? 1,
    });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin });
    // The compiler names functions with a helper that functions sent to a page would miss.
    await context.addInitScript('globalThis.__name = (f) => f');
    const page = await context.newPage();
    const code = new VSCode(folder, page, scratch, server, browser, url);
    await code.load();
    return code;
  }

  /** Loads the window, or loads it again. */
  async load(): Promise<void> {
    await this.page.goto(this.url, { waitUntil: 'domcontentloaded' });
    await this.page.waitForSelector('.monaco-workbench .part.statusbar .statusbar-item', { timeout: PATIENCE });
  }

  /** As the command of the palette does, so that everything open is remembered. */
  async reload(): Promise<void> {
    const gone = this.page.waitForEvent('framenavigated', { timeout: PATIENCE });
    await this.command('Developer: Reload Window');
    await gone;
    await this.page.waitForSelector('.monaco-workbench .part.statusbar .statusbar-item', { timeout: PATIENCE });
  }

  async stop(): Promise<void> {
    await this.browser.close().catch(() => undefined);
    try {
      process.kill(-this.server.pid!, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    await rm(this.scratch, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs a command of the palette by its title. What decides whether it is listed may still be in the making. */
  async command(title: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    await until(async () => {
      await this.page.keyboard.press('F1');
      await input.fill(`>${title}`, { timeout: 2000 }).catch(() => undefined);
      const clicked = await row.click({ timeout: 2000 }).then(
        () => true,
        () => false,
      );
      if (!clicked) await this.page.keyboard.press('Escape');
      return clicked;
    }, `the command ${title}`);
  }

  /** Chooses an item of the context menu of a file or folder that the explorer shows. */
  async fromExplorer(name: string, item: string): Promise<void> {
    const row = this.page.locator('.explorer-folders-view .monaco-list-row').filter({
      has: this.page.getByText(name, { exact: true }),
    });
    const chosen = this.page.locator('.monaco-menu:visible .action-item', { hasText: item }).first();
    await row.first().waitFor({ timeout: PATIENCE });
    // A menu takes no clicks in its first moments; checkpoints are listed a moment after they were found.
    await until(async () => {
      await row.first().click({ button: 'right', timeout: 5000 });
      const taken = async (): Promise<boolean> => {
        await this.settle(300);
        await chosen.click({ timeout: 2000 });
        await chosen.waitFor({ state: 'hidden', timeout: 2000 });
        return true;
      };
      return taken().catch(async () => (await this.page.keyboard.press('Escape'), false));
    }, `${item} for ${name}`);
  }

  /** Answers VS Code's own dialog for files and folders; without a path it takes the proposed one. */
  async answerDialog(file: string | undefined, button: string): Promise<void> {
    const dialog = this.page.locator('.quick-input-widget:visible');
    const ok = dialog.locator('.monaco-button', { hasText: button });
    const input = dialog.locator('input.input');
    await ok.waitFor({ timeout: PATIENCE });
    await until(async () => {
      // It proposes a path when it has looked at the disk, over whatever has been typed by then.
      const before = await input.inputValue();
      if (file !== undefined && before !== file) await input.fill(file, { timeout: 2000 });
      await this.settle(500);
      const now = await input.inputValue();
      if (now === '' || now !== (file ?? before)) return false;
      await ok.click({ timeout: 2000 });
      return ok.waitFor({ state: 'hidden', timeout: 3000 }).then(
        () => true,
        () => false,
      );
    }, 'the dialog to close');
  }

  /** Opens a file of the folder by its path. */
  async open(file: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input.input');
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: path.basename(file) }).first();
    // The list closes by itself when something else takes the focus, such as a page that opens late.
    await until(async () => {
      await this.page.keyboard.press('Control+P');
      // The whole path is found without a search index.
      await input.fill(path.join(this.folder, file), { timeout: 5000 });
      return row.click({ timeout: 10_000 }).then(
        () => true,
        async () => (await this.page.keyboard.press('Escape'), false),
      );
    }, `${file} in the list of files`);
    await this.page.locator('.tab.active', { hasText: path.basename(file) }).waitFor({ timeout: PATIENCE });
  }

  /** What the text editor shows, line by line. */
  async text(): Promise<string> {
    return this.page.evaluate(() => {
      const lines = [...document.querySelectorAll<HTMLElement>('.editor-instance .view-lines .view-line')];
      return lines
        .map((line) => ({
          top: line.getBoundingClientRect().top,
          text: (line.textContent ?? '').replaceAll('\u00a0', ' '),
        }))
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text)
        .join('\n');
    });
  }

  /** The page inside a webview: `panel` or `results`. */
  webview(bundle: 'panel' | 'results'): Promise<Frame> {
    return this.frameWith(`script[src*="/${bundle}.js"]`);
  }

  /** The page that has such an element. */
  async frameWith(selector: string): Promise<Frame> {
    let found: Frame | undefined;
    await until(async () => {
      for (const frame of this.page.frames()) {
        const is = await frame
          .evaluate((wanted) => document.querySelector(wanted) !== null, selector)
          .catch(() => false);
        if (is) found = frame;
      }
      return found !== undefined;
    }, `a page with ${selector}`);
    return found!;
  }

  /** The process that computes for this window; throws when there is none. */
  enginePid(): number {
    const processes = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
    const engine = processes.find((line) => line.includes(this.scratch) && line.includes('dist/engine.js'));
    if (!engine) throw new Error('there is no engine');
    return Number(engine.trim().split(/\s+/)[0]);
  }

  /** A notification with this text. */
  notification(text: string | RegExp): ReturnType<Page['locator']> {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  /** What the window shows, for whoever looks into a test that failed. */
  async picture(title: string): Promise<void> {
    const file = path.join(os.tmpdir(), `crossflow-e2e ${title.replace(/[^\w]+/g, ' ').slice(0, 60)}.png`);
    await this.page.screenshot({ path: file });
    console.error(`      what the window showed: ${file}`);
  }

  /** Waits a moment for things to settle; for pictures, never for assertions. */
  async settle(ms = 1000): Promise<void> {
    await this.page.waitForTimeout(ms);
  }
}

/** Asks again until it holds; fails after PATIENCE with what was expected and the last error. */
export async function until(holds: () => Promise<boolean>, what = 'the condition'): Promise<void> {
  const end = Date.now() + PATIENCE;
  let last: unknown;
  for (;;) {
    if (await holds().catch((e: unknown) => ((last = e), false))) return;
    if (Date.now() > end) throw new Error(`waited ${PATIENCE / 1000} s for ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  let said = '';
  server.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  server.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(async () => {
    return fetch(url).then(
      (response) => response.ok,
      () => false,
    );
  }, 'the VS Code server').catch((e: unknown) => {
    throw new Error(`${(e as Error).message}; it said: ${said}`);
  });
}
