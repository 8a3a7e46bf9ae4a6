/** The published result tables, line by line: knockout scores and lens readings. */
import { usage } from '../../errors';
import { WORD_KINDS, type WordKind } from '../../dataset/lens-words';
import { readLines, type ResultLine } from './csv';

export type ResultKind = 'flow' | 'lens';

const FLOW = ['question_id', 'block_desc', 'layer', 'base_score_first', 'new_score_first'];
const LENS = ['question_id', 'layer', 'Noncapitalized Answer', 'Capitalized Answer'];

/** Which table it is, by its columns. */
export function kindOf(columns: ReadonlySet<string>): ResultKind | undefined {
  if (FLOW.every((column) => columns.has(column))) return 'flow';
  return LENS.every((column) => columns.has(column)) ? 'lens' : undefined;
}

export interface Asked {
  readonly questionId: string;
  readonly image: string;
  readonly gold: string;
  readonly answer: string;
  readonly question: string;
}

export interface FlowLine extends Asked {
  readonly line: number;
  readonly blockDesc: string;
  readonly layer: number;
  /** Probabilities. */
  readonly base: number;
  readonly score: number;
}

export interface LensLine extends Asked {
  readonly line: number;
  readonly layer: number;
  /** Probabilities by kind of word, without and through the final norm; absent where the table has none. */
  readonly withoutNorm: Partial<Record<WordKind, number>>;
  readonly withNorm: Partial<Record<WordKind, number>>;
}

/** Throws CrossflowError `usage` naming file and line. */
export async function* flowLines(file: string): AsyncGenerator<FlowLine> {
  for await (const line of readLines(file)) {
    const read = new Reader(file, line);
    const base = read.number('base_score_first');
    if (base <= 0) throw read.wrong('base_score_first', 'a probability above 0');
    yield {
      ...read.asked(),
      line: line.line,
      blockDesc: read.text('block_desc'),
      layer: read.layer(),
      base,
      score: read.number('new_score_first'),
    };
  }
}

/** Throws CrossflowError `usage` naming file and line. */
export async function* lensLines(file: string): AsyncGenerator<LensLine> {
  for await (const line of readLines(file)) {
    const read = new Reader(file, line);
    const words = (prefix: string): Partial<Record<WordKind, number>> =>
      Object.fromEntries(
        WORD_KINDS.flatMap((kind) => {
          const percent = read.optional(prefix + kind);
          return percent === undefined ? [] : [[kind, percent / 100]];
        }),
      );
    yield {
      ...read.asked(),
      line: line.line,
      layer: read.layer(),
      withoutNorm: words(''),
      withNorm: words('with_norm '),
    };
  }
}

class Reader {
  constructor(
    private readonly file: string,
    private readonly line: ResultLine,
  ) {}

  asked(): Asked {
    const gold = this.line.field('goden answer') ?? '';
    return {
      questionId: this.text('question_id'),
      image: this.line.field('image') ?? '',
      gold,
      answer: this.line.field('predicted answer') ?? gold,
      question: this.line.field('question') ?? '',
    };
  }

  text(column: string): string {
    const text = this.line.field(column)?.trim();
    if (!text) throw usage(`"${column}" is empty`, { file: this.file, line: this.line.line });
    return text;
  }

  number(column: string): number {
    const value = Number(this.text(column));
    if (!Number.isFinite(value)) throw this.wrong(column, 'a number');
    return value;
  }

  layer(): number {
    const value = this.number('layer');
    if (!Number.isInteger(value) || value < 0 || value > MOST_LAYERS)
      throw this.wrong('layer', 'a whole number from 0');
    return value;
  }

  /** Undefined where the cell is empty or the column is not there. */
  optional(column: string): number | undefined {
    return this.line.field(column)?.trim() ? this.number(column) : undefined;
  }

  wrong(column: string, right: string): Error {
    return usage(`"${column}" is "${this.line.field(column)}"`, { file: this.file, line: this.line.line }, right);
  }
}

/** More layers than any model has are a slip, and would take the memory. */
const MOST_LAYERS = 10_000;
