import type { JournalHeader, RowRecord } from '../journal/record';

/** Results of one run (a model on a task), as tables, figures and reports are made of them. */
export interface RunResults {
  /** The model's name as it is shown. */
  readonly model: string;
  /** The task's name as it is shown: `ChooseAttr`. */
  readonly task: string;
  /** What the results were computed from, and facts about the model and the CSV. */
  readonly header: JournalHeader;
  /** In the order of the CSV. Each call begins anew and reads them one by one: hold none that is not needed. */
  records(): Iterable<RowRecord>;
  /** The one of a row that records() gave. */
  record(row: number): RowRecord | undefined;
}

/** Of tables alone: they hold right answers and nothing of the others. */
export const isTablesOnly = ({ header }: Pick<RunResults, 'header'>): boolean => header.identity.checkpoint === '';
