/** Watches files that an experiment names, wherever they lie, and the folders above them. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';

/** Programs write a file in several steps; word is given once they pause. */
const PAUSE_MS = 400;
/** Folders above a file that are watched: who renames one tells nothing of the files in it. */
const LEVELS = 4;

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

/** The files, and the folders above them, each once. */
function placesOf(files: readonly string[]): string[] {
  const places = new Set<string>();
  for (const file of files) {
    let place = file;
    for (let level = 0; level <= LEVELS && place !== path.dirname(place); level++, place = path.dirname(place))
      places.add(place);
  }
  return [...places];
}

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
    this.#watchers = placesOf(files).flatMap((place) => {
      const folder = vscode.Uri.file(path.dirname(place));
      const pattern = new vscode.RelativePattern(folder, literally(path.basename(place)));
      // Of a folder only that it comes and goes: its time changes with every file in it.
      const watcher = vscode.workspace.createFileSystemWatcher(pattern, false, !files.includes(place), false);
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
