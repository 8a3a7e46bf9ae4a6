/** Errors and warnings, one line each on standard error. */
import { toCrossflowError, type CrossflowError } from '../core/errors';
import type { Problem } from '../core/experiment/problems';

const EXIT_CODES = { failed: 1, usage: 2, cancelled: 130 } as const;

/** Control characters and line breaks out of a file must neither break the line nor move the terminal's cursor. */
// eslint-disable-next-line no-control-regex
export const plain = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');

export function reportLine(line: string): void {
  process.stderr.write(`crossflow: ${plain(line).trim()}\n`);
}

/** Says what went wrong and gives the exit code. */
export function reportError(e: unknown): number {
  const error: CrossflowError = toCrossflowError(e);
  if (error.kind !== 'cancelled') reportLine(error.line);
  if (process.env.CROSSFLOW_DEBUG && error.stack) process.stderr.write(error.stack + '\n');
  return exitCodeOf(error);
}

const exitCodeOf = ({ kind }: CrossflowError): number => EXIT_CODES[kind];

/** One line each, equal ones once; gives the exit code of the worst, 0 where there are none. */
export function reportAll(errors: readonly CrossflowError[]): number {
  for (const line of new Set(errors.map((error) => error.line))) reportLine(line);
  return Math.max(0, ...errors.map(exitCodeOf));
}

export function reportWarnings(problems: readonly Problem[], file: string): void {
  for (const { severity, line, column, message, hint } of problems) {
    if (severity === 'warning') reportLine(`warning: ${file}:${line}:${column}: ${message}${hint ? ` (${hint})` : ''}`);
  }
}

/** A folder of photographs may have thousands that are all alike. */
const MOST_NAMED = 5;

/** What is to be known of pictures, on standard error: once a file, and for a few files each. */
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
