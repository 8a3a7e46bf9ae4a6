/** Watches files that an experiment names, wherever they lie. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';

/** Programs write a file in several steps; word is given once they pause. */
const PAUSE_MS = 400;

/** A name as a pattern that stands for itself. */
const literally = (name: string): string => name.replace(/[*?{}[\]]/g, '[$&]');

/** Size and time of each; a file that is not there has none. */
const statesOf = async (files: readonly string[]): Promise<string> =>
  JSON.stringify(
    await Promise.all(
      files.map((file) =>
        stat(file).then(
          ({ size, mtimeMs }) => [size, mtimeMs],
          () => null,
        ),
      ),
    ),
  );

export class FileWatch {
  #watched: readonly string[] = [];
  #watchers: vscode.Disposable[] = [];
  #pause: NodeJS.Timeout | undefined;
  #states: Promise<string> = Promise.resolve('');

  /** @param changed called after one or more of the files appeared, changed or went */
  constructor(private readonly changed: () => void) {}

  /** From now on these, by absolute path; they need not exist. */
  set(files: readonly string[]): void {
    if (files.length === this.#watched.length && files.every((file, i) => file === this.#watched[i])) return;
    this.dispose();
    this.#watched = files;
    this.#states = statesOf(files);
    const told = (): void => {
      clearTimeout(this.#pause);
      this.#pause = setTimeout(() => void this.#look(), PAUSE_MS);
    };
    this.#watchers = files.flatMap((file) => {
      const folder = vscode.Uri.file(path.dirname(file));
      const pattern = new vscode.RelativePattern(folder, literally(path.basename(file)));
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      return [watcher, watcher.onDidCreate(told), watcher.onDidChange(told), watcher.onDidDelete(told)];
    });
  }

  /** The editor also tells of what changed before it began to watch. */
  async #look(): Promise<void> {
    const files = this.#watched;
    const [before, now] = [this.#states, statesOf(files)];
    this.#states = now;
    if ((await before) !== (await now) && this.#watched === files) this.changed();
  }

  dispose(): void {
    clearTimeout(this.#pause);
    for (const watcher of this.#watchers) watcher.dispose();
    this.#watchers = [];
    this.#watched = [];
  }
}
