import { createHash } from 'node:crypto';
import { usage } from '../errors';
import type { DatasetInput, Experiment, QuestionInput } from '../experiment/types';
import type { Box } from '../vision/image';
import { ImageFinder, imageNames } from './images';
import { columnOf, layoutOf, neededColumns, SIDES, taskOf, TASKS, type BoxColumns, type TaskLayout } from './layout';
import { readTable, type TableRow } from './table';

/** One question of a task file. */
export interface DatasetRow {
  /** Number of the row in the file, from 0; results are ordered by it. */
  readonly index: number;
  /** Line of the file, from 1. */
  readonly line: number;
  readonly questionId: string;
  /** As the CSV has it, with or without `.jpg`. */
  readonly imageId: string;
  /** Absolute path of an existing file. */
  readonly image: string;
  /** Size of the image file in bytes: a picture that changed between two runs is noticed by it. */
  readonly imageBytes: number;
  readonly question: string;
  /** Gold answer. */
  readonly answer: string;
  readonly options?: readonly [trueOption: string, falseOption: string];
  /** Boxes of the objects that are there. */
  readonly objects: readonly Box[];
  readonly objectName?: string;
}

export interface Dataset {
  readonly csv: string;
  readonly task: string;
  /** sha256 of the CSV file. */
  readonly hash: string;
  /** Rows of the file. */
  readonly total: number;
  /** The rows asked for: all, or the first `limit`. */
  readonly rows: readonly DatasetRow[];
}

/**
 * Reads a task file and makes sure that every picture asked for is there. Throws CrossflowError `usage` naming the
 * file, and the line or the column that is wrong.
 */
export async function readDataset(input: DatasetInput): Promise<Dataset> {
  const { task, hash, rows } = await readQuestions(input.csv);
  const asked = input.limit === undefined ? rows : rows.slice(0, input.limit);
  return { csv: input.csv, task, hash, total: rows.length, rows: await withImages(asked, input) };
}

/** The questions of a task file without their pictures. Throws as readDataset() does. */
export async function readQuestions(
  csv: string,
): Promise<Pick<Dataset, 'task' | 'hash'> & { readonly rows: readonly Question[] }> {
  const table = await readTable(csv);
  const task = taskOf(csv);
  const layout = layoutOf(task, table.columns);
  const missing = neededColumns(layout).filter((c) => columnOf(table.columns, c) === undefined);
  if (missing.length > 0) {
    const names = missing.map((c) => `"${c}"`).join(', ');
    throw usage(
      `lacks the column${missing.length > 1 ? 's' : ''} ${names}`,
      { file: csv, line: 1 },
      `it has ${[...table.columns].join(', ')}; ` +
        `${Object.hasOwn(TASKS, task) ? `a ${task} file` : 'this file'} needs ${neededColumns(layout).join(', ')}`,
    );
  }
  const reader = new RowReader(csv, layout, table.columns);
  return {
    task,
    hash: createHash('sha256').update(table.bytes).digest('hex'),
    rows: table.rows.map((row, index) => reader.read(row, index)),
  };
}

/** A row as the task file has it. */
export type Question = Omit<DatasetRow, 'image' | 'imageBytes'>;

class RowReader {
  constructor(
    private readonly file: string,
    private readonly layout: TaskLayout,
    private readonly columns: ReadonlySet<string>,
  ) {}

  read(row: TableRow, index: number): Question {
    const { line } = row;
    const needed = (column: string): string => {
      const value = this.field(row, column);
      if (value === undefined || value.trim() === '') throw usage(`"${column}" is empty`, { file: this.file, line });
      return value;
    };
    const [yes, no] = [this.present(row, 'true option'), this.present(row, 'false option')];
    const objectName = this.present(row, 'central object name');
    return {
      index,
      line,
      questionId: needed('question_id').trim(),
      imageId: needed('img_id').trim(),
      question: needed('question'),
      answer: needed('answer'),
      objects: this.layout.boxes.flatMap((prefix) => this.box(row, prefix)),
      ...(yes !== undefined && no !== undefined ? { options: [yes, no] as const } : {}),
      ...(objectName !== undefined ? { objectName } : {}),
    };
  }

  /** None or one box: "-" in every column means that the object is not in the picture. */
  private box(row: TableRow, prefix: BoxColumns): Box[] {
    const columns = SIDES.map((side) => `${prefix} ${side}`);
    const texts = columns.map((column) => this.present(row, column));
    if (texts.every((text) => text === undefined)) return [];
    const [x = 0, y = 0, w = 0, h = 0] = texts.map((text, i) => {
      const value = text === undefined ? NaN : Number(text);
      const least = i < 2 ? -Infinity : 0;
      if (Number.isInteger(value) && value >= least) return value;
      throw usage(
        `"${columns[i] ?? prefix}" is "${text ?? '-'}"`,
        { file: this.file, line: row.line },
        'a whole number of pixels, or "-" in x, y, w and h where the object is absent',
      );
    });
    return [[x, y, w, h]];
  }

  private field(row: TableRow, column: string): string | undefined {
    const name = columnOf(this.columns, column);
    return name === undefined ? undefined : row.fields.get(name);
  }

  /** Undefined where the file says that there is none. */
  private present(row: TableRow, column: string): string | undefined {
    const text = this.field(row, column)?.trim();
    return text === undefined || text === '' || text === '-' ? undefined : text;
  }
}

/** Files looked at side by side; enough to hide the delay of a network disk. */
const STATS_AT_ONCE = 32;

async function withImages(rows: readonly Question[], input: DatasetInput): Promise<DatasetRow[]> {
  const found: DatasetRow[] = [];
  const lost: Question[] = [];
  const finder = new ImageFinder(input.images);
  for (let i = 0; i < rows.length; i += STATS_AT_ONCE) {
    const part = rows.slice(i, i + STATS_AT_ONCE);
    const files = await Promise.all(part.map((row) => finder.find(row.imageId)));
    part.forEach((row, j) => {
      const file = files[j];
      if (file) found.push({ ...row, ...file });
      else lost.push(row);
    });
  }
  const [first] = lost;
  if (first) {
    const others = lost.length > 1 ? ` (and ${lost.length - 1} more)` : '';
    throw usage(
      `no picture for row ${first.index + 1}, question ${first.questionId}: ${imageNames(first.imageId)[0] ?? first.imageId}${others}`,
      { file: input.csv, line: first.line },
      `looked in ${[input.images].flat().join(', ')} and below`,
    );
  }
  return found;
}

/**
 * What the engine is asked about a row. Options and the object's name are passed on only where they stand in the
 * question: sets made of them are otherwise absent for this row, not wrong.
 */
export function toQuestion(row: DatasetRow, experiment: Experiment): QuestionInput {
  const { options, objectName } = row;
  return {
    image: row.image,
    ...(experiment.aspect ? { aspect: experiment.aspect } : {}),
    ...(experiment.pixels ? { pixels: experiment.pixels } : {}),
    ...(experiment.template ? { template: experiment.template } : {}),
    ...(experiment.system === undefined ? {} : { system: experiment.system }),
    instruction: experiment.instruction,
    question: row.question,
    answer: row.answer,
    ...(options?.every((option) => row.question.includes(option)) ? { options } : {}),
    ...(row.objects.length > 0 ? { objects: row.objects } : {}),
    ...(objectName !== undefined && row.question.includes(objectName) ? { objectName } : {}),
    sets: experiment.sets,
  };
}
