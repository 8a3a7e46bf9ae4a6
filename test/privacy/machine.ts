/** A machine on which nothing was written yet, for a program that is started with its environment. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { repositoryRoot } from '../support/golden';

/** Folders that programs write to unasked, by the variable that names each. */
const PLACES: Readonly<Record<string, string>> = {
  HOME: 'home',
  USERPROFILE: 'home',
  XDG_CACHE_HOME: 'cache',
  XDG_CONFIG_HOME: 'config',
  XDG_DATA_HOME: 'data',
  XDG_STATE_HOME: 'state',
  XDG_RUNTIME_DIR: 'runtime',
  LOCALAPPDATA: 'local',
  APPDATA: 'roaming',
  TMPDIR: 'temporary',
  TEMP: 'temporary',
  TMP: 'temporary',
};

export class EmptyMachine {
  readonly root = mkdtempSync(join(tmpdir(), 'crossflow-privacy-'));
  /** The folder a user works in, with the examples and their model; programs start in it. */
  readonly work = join(this.root, 'work');
  /** All that a program needs, and nothing that switches something off, CI's variables included. */
  readonly env: Readonly<Record<string, string>>;

  constructor() {
    const places = Object.entries(PLACES).map(([name, folder]) => [name, join(this.root, folder)] as const);
    for (const [, folder] of places) mkdirSync(folder, { recursive: true });
    this.env = {
      PATH: process.env['PATH'] ?? '',
      ...(process.env['SystemRoot'] && { SystemRoot: process.env['SystemRoot'] }),
      ...Object.fromEntries(places),
      // Whatever would be sent all the same finds nobody.
      HTTPS_PROXY: 'http://127.0.0.1:9',
      https_proxy: 'http://127.0.0.1:9',
    };
    const kept = (file: string): boolean => !relative(repositoryRoot, file).split(sep).includes('results');
    for (const part of ['examples', 'models/shapes-llava'])
      cpSync(join(repositoryRoot, part), join(this.work, part), { recursive: true, filter: kept });
  }

  /** Files and folders on the machine, relative to its root, with `/` between names; folders end with one. */
  files(): string[] {
    const entries = readdirSync(this.root, { recursive: true, withFileTypes: true });
    const path = (parent: string, name: string): string => relative(this.root, join(parent, name)).replaceAll(sep, '/');
    return entries.map((e) => path(e.parentPath, e.name) + (e.isDirectory() ? '/' : '')).sort();
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What came to a list of files. */
export const added = (before: readonly string[], after: readonly string[]): string[] => {
  const known = new Set(before);
  return after.filter((file) => !known.has(file));
};
