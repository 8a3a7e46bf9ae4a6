/** What is wrong with an experiment, exactly where, and what would be right. */
import { usage, type CrossflowError } from '../errors';

/** Replaces `length` UTF-16 units at `offset` of the original text. */
export interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly content: string;
}

/** A change that makes the problem go away; offsets belong to the text that was parsed. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
}

export type ProblemCode =
  | 'syntax'
  | 'unknown-key'
  | 'missing-key'
  | 'wrong-value'
  | 'duplicate-key'
  | 'conflict'
  | 'unknown-set'
  | 'reserved-name'
  | 'empty-set'
  | 'circular-set'
  | 'bad-edge'
  | 'duplicate-knockout'
  | 'void-edge'
  | 'text-not-found'
  | 'bad-model'
  | 'missing-file'
  | 'bad-csv'
  | 'box-outside'
  | 'window-too-large'
  | 'head-out-of-range'
  | 'patch-out-of-range';

export interface Problem {
  readonly code: ProblemCode;
  /** An error stops the run; a warning does not. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** What would be right. */
  readonly hint?: string;
  readonly offset: number;
  readonly length: number;
  /** From 1; columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
  readonly fixes?: readonly Fix[];
}

/** A problem as the error that ends a command. */
function problemError(problem: Problem, file: string): CrossflowError {
  return usage(problem.message, { file, line: problem.line, column: problem.column }, problem.hint);
}

/**
 * Throws for the first error; warnings pass, but for a knockout of an empty set: beside its text somebody sees that the
 * curve is missing, a run by itself must say so before it begins.
 */
export function throwFirst(problems: readonly Problem[], file: string): void {
  const first = problems.find((p) => p.severity === 'error' || p.code === 'empty-set');
  if (first) throw problemError(first, file);
}
