/** What several scripts know about this project. Nothing here needs an installed package. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// The build loads ONNX Runtime for the names that it exports; see src/core/privacy/telemetry.ts.
Object.assign(process.env, { ORT_DISABLE_TELEMETRY: '1', ORT_TELEMETRY_DISABLED: '1' });

/** The repository's folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Packages with native code: outside every bundle, beside it in a package. */
export const NATIVE_PACKAGES = ['onnxruntime-node', 'sharp', '@resvg/resvg-js'];

export const readJson = (file) => JSON.parse(readFileSync(path.resolve(root, file), 'utf8'));

/** The first of these that can be started by its name, or undefined. */
export function onPath(...names) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const endings = process.platform === 'win32' ? ['.cmd', '.exe', '.bat'] : [''];
  for (const name of names)
    for (const folder of folders)
      for (const ending of endings) {
        const file = path.join(folder, name + ending);
        if (existsSync(file)) return file;
      }
  return undefined;
}

/** Chromium or Chrome for the panel's and the editor's tests. */
export function findChromium() {
  const given = process.env.CROSSFLOW_CHROMIUM;
  if (given) return existsSync(given) ? given : undefined;
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  return (
    onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable') ??
    (existsSync(mac) ? mac : undefined)
  );
}

/** Launcher of the VS Code that scripts/install-vscode.sh installs. */
export function findVSCode() {
  const launcher = process.env.CROSSFLOW_VSCODE ?? path.join(os.homedir(), '.cache/crossflow-vscode/code-server');
  return existsSync(launcher) ? launcher : undefined;
}

/** Runs a program with its output on this terminal; ends this process with its exit code when it fails. */
export function run(command, args, options = {}) {
  const code = tryRun(command, args, options);
  if (code !== 0) process.exit(code);
}

/** Runs a program with its output on this terminal and gives its exit code (130 after Ctrl-C). */
export function tryRun(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) {
    console.error(`${command}: ${error.message}`);
    return 1;
  }
  return signal ? 130 : (status ?? 1);
}

/** This very Node, running a script of the project. */
export const node = (args, options) => run(process.execPath, args, options);
