/** Where in a text file something stands. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/**
 * What kind of thing went wrong; decides the exit code and how the editor shows it.
 * - `usage`: the user's config, checkpoint, image, CSV or flags are wrong (exit 2, diagnostics)
 * - `failed`: something else failed while running (exit 1)
 * - `cancelled`: the user stopped it (exit 130)
 */
export type ErrorKind = 'usage' | 'failed' | 'cancelled';

/** An error meant for the user: what is wrong, where, and what would be right, in one line. */
export class CrossflowError extends Error {
  override readonly name = 'CrossflowError';
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly place?: Place,
    /** What would be right, e.g. a nearest known name. Shown after the message. */
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** `file:line:column: message (hint)` */
  get line(): string {
    const { file, line, column } = this.place ?? {};
    const where = file === undefined ? '' : [file, line, column].filter((x) => x !== undefined).join(':') + ': ';
    return where + this.message + (this.hint ? ` (${this.hint})` : '');
  }
}

export const usage = (message: string, place?: Place | string, hint?: string): CrossflowError =>
  new CrossflowError('usage', message, typeof place === 'string' ? { file: place } : place, hint);
export const failed = (message: string, place?: Place | string, hint?: string): CrossflowError =>
  new CrossflowError('failed', message, typeof place === 'string' ? { file: place } : place, hint);
export const cancelled = (): CrossflowError => new CrossflowError('cancelled', 'cancelled');

/** Anything thrown, as a CrossflowError. */
export function toCrossflowError(e: unknown): CrossflowError {
  if (e instanceof CrossflowError) return e;
  if (e instanceof Error) return new CrossflowError('failed', e.message, undefined, undefined, { cause: e });
  return new CrossflowError('failed', String(e));
}
