/**
 * Results as CSV files, of the published scripts or of Crossflow, as runs that figures and reports read. One run is made
 * of all files of one model and task: the scripts write one file an edge, and the lens apart.
 */
import { basename, dirname, resolve } from 'node:path';
import { JOURNAL_FORMAT } from '../../journal/identity';
import type { JournalHeader, KeptRecord } from '../../journal/record';
import { kindWords, WORD_KINDS, type WordKind } from '../../dataset/lens-words';
import { usage } from '../../errors';
import { DEFAULT_WINDOW, knockoutId, type Knockout } from '../../experiment/types';
import type { RunResults } from '../run';
import { readColumns } from './csv';
import { parseKnockout, resultNames, type ResultNames } from './names';
import { flowLines, kindOf, lensLines, type Asked, type ResultKind } from './tables';

export interface ResultFile {
  readonly path: string;
  readonly kind: ResultKind;
  readonly names: ResultNames;
}

/** Undefined for a file that is none of the result tables. */
export async function recognise(path: string): Promise<ResultFile | undefined> {
  const columns = await readColumns(path);
  const kind = columns && kindOf(columns);
  return kind && { path: resolve(path), kind, names: resultNames(resolve(path)) };
}

export interface ReadOptions {
  /** The model's name; left out: what the files' folders say. */
  readonly model?: string;
  /** Layers per window where no name tells; left out: the published 9, with a word to `warn`. */
  readonly window?: number;
  readonly warn?: (message: string) => void;
}

/**
 * The runs that result files make up, in the order of their first file. Throws CrossflowError `usage` naming file and
 * line of what is wrong.
 */
export async function readResults(files: readonly ResultFile[], options: ReadOptions = {}): Promise<RunResults[]> {
  const runs = new Map<string, PublishedRun>();
  for (const file of files) {
    const model = options.model ?? file.names.model ?? basename(dirname(file.path));
    const key = JSON.stringify([model, file.names.task]);
    const run = runs.get(key) ?? new PublishedRun(model, file.names.task);
    runs.set(key, run);
    await (file.kind === 'flow' ? run.addFlow(file, options) : run.addLens(file));
  }
  return [...runs.values()];
}

interface QuestionResults extends Asked {
  /** Clean probability in the first file that has the question. */
  base?: number;
  /** By knockout. */
  readonly curves: (number[] | undefined)[];
  readonly lens: Readonly<Record<'withoutNorm' | 'withNorm', Partial<Record<WordKind, number[]>>>>;
}

/** A run that only its CSV files are left of: what they do not tell is empty or 0. */
class PublishedRun implements RunResults {
  private readonly knockouts: Knockout[] = [];
  private readonly questions = new Map<string, QuestionResults>();
  private readonly files: string[] = [];
  /** Layers of the longest curve, by knockout, and rows of the longest lens. */
  private readonly widths: number[] = [];
  private rows = 0;

  constructor(
    readonly model: string,
    readonly task: string,
  ) {}

  async addFlow(file: ResultFile, options: ReadOptions): Promise<void> {
    const numbers = new Map<string, number>();
    for await (const line of flowLines(file.path)) {
      let k = numbers.get(line.blockDesc);
      if (k === undefined) {
        k = this.number(knockoutOf(line.blockDesc, line.line, file, options));
        numbers.set(line.blockDesc, k);
      }
      const question = this.question(line);
      question.base ??= line.base;
      const curve = (question.curves[k] ??= []);
      if (curve[line.layer] !== undefined) {
        const what = `question ${line.questionId}, ${line.blockDesc}, layer ${line.layer}`;
        throw usage(`${what} is there twice`, { file: file.path, line: line.line });
      }
      // Each file has its own clean run; half precision makes them differ a little. The change stays what it is.
      curve[line.layer] = line.base === question.base ? line.score : (line.score / line.base) * question.base;
      this.widths[k] = Math.max(this.widths[k] ?? 0, line.layer + 1);
    }
    this.files.push(basename(file.path));
  }

  async addLens(file: ResultFile): Promise<void> {
    for await (const line of lensLines(file.path)) {
      const { lens } = this.question(line);
      for (const norm of ['withoutNorm', 'withNorm'] as const) {
        for (const kind of WORD_KINDS) {
          const value = line[norm][kind];
          if (value !== undefined) (lens[norm][kind] ??= [])[line.layer] = value;
        }
      }
      this.rows = Math.max(this.rows, line.layer + 1);
    }
    this.files.push(basename(file.path));
  }

  get header(): JournalHeader {
    // Row 0 of the lens is the embedding.
    const layers = Math.max(this.rows - 1, ...this.widths, 1);
    return {
      identity: {
        format: JOURNAL_FORMAT,
        crossflow: '',
        checkpoint: '',
        csv: '',
        device: '',
        settings: {
          template: null,
          aspect: null,
          instruction: '',
          sets: '[]',
          knockouts: this.knockouts.map(knockoutId),
          track: [],
          topWords: 0,
          method: 'full',
        },
      },
      about: {
        started: '',
        model: { name: this.model, family: '', layers, heads: 0, hidden: 0, dtype: '', parameters: 0 },
        csv: this.files.join(', '),
        rows: this.questions.size,
        task: this.task,
        knockouts: this.knockouts,
      },
    };
  }

  *records(): Generator<KeptRecord> {
    let row = 0;
    for (const question of this.questions.values()) yield this.asRecord(question, row++);
  }

  record(row: number): KeptRecord | undefined {
    const question = [...this.questions.values()][row];
    return question && this.asRecord(question, row);
  }

  private asRecord(q: QuestionResults, row: number): KeptRecord {
    // The tables hold no options, only that there are some; any other word stands for the false one.
    const hasOptions = q.lens.withoutNorm['Noncapitalized False Option'] !== undefined;
    const options: [string, string] | undefined = hasOptions ? [q.gold, `not ${q.gold}`] : undefined;
    const words = kindWords({ answer: q.gold, options });
    const kinds = WORD_KINDS.filter((kind) => words[kind] !== undefined);
    const follow = (norm: 'withoutNorm' | 'withNorm'): number[][] =>
      kinds.map((kind) => whole(q.lens[norm][kind], this.rows) ?? []);
    return {
      row,
      is: 'kept',
      question_id: q.questionId,
      img_id: q.image,
      image: q.image,
      image_bytes: 0,
      gold: q.gold,
      question: q.question,
      ...(options && { options }),
      seconds: 0,
      answer: q.answer,
      base: q.base ?? 0,
      curves: this.knockouts.map((_, k) =>
        q.base === undefined ? null : (whole(q.curves[k], this.widths[k] ?? 0) ?? null),
      ),
      lens: {
        words: kinds.map((kind) => words[kind] ?? ''),
        without_norm: follow('withoutNorm'),
        with_norm: follow('withNorm'),
      },
    };
  }

  private number(knockout: Knockout): number {
    const id = knockoutId(knockout);
    const known = this.knockouts.findIndex((other) => knockoutId(other) === id);
    return known < 0 ? this.knockouts.push(knockout) - 1 : known;
  }

  private question(asked: Asked): QuestionResults {
    const known = this.questions.get(asked.questionId);
    if (known) return known;
    const { questionId, image, gold, answer, question } = asked;
    const fresh = { questionId, image, gold, answer, question, curves: [], lens: { withoutNorm: {}, withNorm: {} } };
    this.questions.set(questionId, fresh);
    return fresh;
  }
}

/** A curve that lacks layers is of a run that was cut off; it does not count. */
const whole = (curve: readonly (number | undefined)[] | undefined, width: number): number[] | undefined =>
  curve?.length === width && !Array.from(curve).includes(undefined) ? [...(curve as readonly number[])] : undefined;

function knockoutOf(blockDesc: string, line: number, file: ResultFile, options: ReadOptions): Knockout {
  const { names, path } = file;
  const own = names.knockouts?.get(blockDesc);
  if (own) return own;
  const window = names.window ?? options.window;
  const knockout = parseKnockout(blockDesc, window);
  if (!knockout) throw usage(`"block_desc" is "${blockDesc}"`, { file: path, line }, 'Source->Target');
  if (window === undefined && 'window' in knockout && !/ w\d+/.test(blockDesc)) {
    options.warn?.(`${path}: nothing says how large its windows are; ${DEFAULT_WINDOW} layers are assumed`);
  }
  if (names.variant === undefined || knockout.kind !== 'edge') return knockout;
  return { ...knockout, from: `${knockout.from} (${names.variant})` };
}
