import type { JournalHeader, RowRecord } from '../journal/record';

/** One run of a study (a model on a task), as figures and reports read it. */
export interface StudyRun {
  /** The model's name as it is shown. */
  readonly model: string;
  /** The task's name as it is shown: `ChooseAttr`. */
  readonly task: string;
  /** What the results were computed from, and facts about the model and the CSV. */
  readonly header: JournalHeader;
  /** Results in the order of the CSV. Each call begins anew and reads them one by one: hold none that is not needed. */
  records(): Iterable<RowRecord>;
}
