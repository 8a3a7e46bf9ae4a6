import type { Example, Model } from '../engine/api';
import type { OnNotes } from '../engine/types';
import { cancelled } from '../errors';
import type { Experiment } from '../experiment/types';
import { askRow } from './question';
import type { RowRecord } from '../journal/record';
import type { DatasetRow } from './rows';

export interface Asking {
  readonly model: Model;
  readonly experiment: Experiment;
  readonly signal?: AbortSignal | undefined;
  /** A question is about to be asked. */
  readonly onBegin?: ((row: DatasetRow) => void) | undefined;
  /** Its result: to be made safe before anything else. */
  readonly onRecord: (record: RowRecord) => void;
  readonly onNotes?: OnNotes | undefined;
}

/** Asks these questions one after another. Throws what `onRecord` and the engine throw; `cancelled` when stopped. */
export async function askRows(rows: readonly DatasetRow[], asking: Asking): Promise<void> {
  const { model, experiment, signal, onBegin, onRecord, onNotes } = asking;
  // The example before is held until the next is prepared, so that two questions on a picture share its prefix.
  let held: Example | undefined;
  const release = () => {
    held?.release();
    held = undefined;
  };
  try {
    for (const row of byImage(rows)) {
      if (signal?.aborted) throw cancelled();
      onBegin?.(row);
      const { record, example } = await askRow(model, experiment, row, signal ? { signal } : {}, release);
      held = example ?? held;
      if (example?.info.notes) onNotes?.(row.image, example.info.notes);
      onRecord(record);
    }
  } finally {
    release();
  }
}

/** Rows of one picture side by side; pictures in the order of their first row. */
function byImage(rows: readonly DatasetRow[]): DatasetRow[] {
  return [...imageGroups(rows).values()].flat();
}

/** Rows by picture, in the order of each picture's first row. */
export function imageGroups(rows: readonly DatasetRow[]): Map<string, DatasetRow[]> {
  const groups = new Map<string, DatasetRow[]>();
  for (const row of rows) {
    const group = groups.get(row.image);
    if (group) group.push(row);
    else groups.set(row.image, [row]);
  }
  return groups;
}
