/**
 * The six published task files (GQA, https://github.com/FightingFighting/cross-modal-information-flow-in-MLLM,
 * `datasets/`): which columns tell the options and the objects a question is about. The published scripts read the task
 * from the last part of the file name, and so does this.
 */

/** What a box is told by, a column each. */
export const SIDES = ['x', 'y', 'w', 'h'] as const;
/** Columns of one object's box are these, a blank, and one of SIDES. */
export type BoxColumns = 'central object' | 'object1' | 'object2';

export interface TaskLayout {
  readonly boxes: readonly BoxColumns[];
  /** Has `true option` and `false option`. */
  readonly options: boolean;
  /** Has `central object name`. */
  readonly objectName: boolean;
}

export const TASKS: Readonly<Record<string, TaskLayout>> = {
  ChooseAttr: { boxes: ['central object'], options: true, objectName: true },
  ChooseCat: { boxes: ['central object'], options: true, objectName: true },
  ChooseRel: { boxes: ['object1', 'object2'], options: true, objectName: false },
  CompareAttr: { boxes: ['object1', 'object2'], options: false, objectName: false },
  LogicalObj: { boxes: ['object1', 'object2'], options: false, objectName: false },
  QueryAttr: { boxes: ['central object'], options: false, objectName: true },
};

/** `…_ChooseAttr.csv` is `ChooseAttr`. */
export function taskOf(file: string): string {
  const name = file.replace(/^.*[\\/]/, '').replace(/\.csv$/i, '');
  return name.slice(name.lastIndexOf('_') + 1);
}

/** The layout of a task; of a task that is not published, what its columns show. Part of a box shows that there should be one. */
export function layoutOf(task: string, columns: ReadonlySet<string>): TaskLayout {
  const known = Object.hasOwn(TASKS, task) ? TASKS[task] : undefined;
  if (known) return known;
  const has = (column: string): boolean => columnOf(columns, column) !== undefined;
  const boxes = (['central object', 'object1', 'object2'] as const).filter((b) =>
    SIDES.some((side) => has(`${b} ${side}`)),
  );
  return { boxes, options: has('true option'), objectName: has('central object name') };
}

/** Columns a file of this layout must have, by the names of the published files; columnOf() knows others. */
export function neededColumns(layout: TaskLayout): string[] {
  return [
    'question_id',
    'img_id',
    'question',
    'answer',
    ...(layout.options ? ['true option', 'false option'] : []),
    ...(layout.objectName ? ['central object name'] : []),
    ...layout.boxes.flatMap((b) => SIDES.map((side) => `${b} ${side}`)),
  ];
}

/** Other names of a column: those of result tables and of GQA's own question files. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  question_id: ['questionid'],
  img_id: ['image', 'image_id', 'imageid'],
  answer: ['goden answer', 'golden answer', 'gold answer'],
};

/** A column as this file calls it, without regard to upper and lower case; undefined where it has none. */
export function columnOf(columns: ReadonlySet<string>, name: string): string | undefined {
  if (columns.has(name)) return name;
  const all = [...columns];
  for (const wanted of [name, ...(OTHER_NAMES[name] ?? [])]) {
    const found = all.find((column) => column.toLowerCase() === wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}
