/** What is to be known of pictures, on standard error: once a file, and for a few files each. */
import { reportLine } from './report';

/** A folder of photographs may have thousands that are all alike. */
const MOST_NAMED = 5;

export class PictureNotes {
  readonly #files = new Set<string>();
  /** Files by note. */
  readonly #counts = new Map<string, number>();

  readonly tell = (file: string, notes: readonly string[]): void => {
    if (this.#files.has(file)) return;
    this.#files.add(file);
    for (const note of notes) {
      const count = (this.#counts.get(note) ?? 0) + 1;
      this.#counts.set(note, count);
      if (count <= MOST_NAMED) reportLine(`warning: ${file}: ${note}`);
    }
  };

  /** Says how many files were not named. */
  rest(): void {
    for (const [note, count] of this.#counts) {
      if (count > MOST_NAMED) reportLine(`warning: ${count - MOST_NAMED} more of the pictures: ${note}`);
    }
  }
}
