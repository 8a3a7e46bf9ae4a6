/** What earlier runs of a data set left on the disk. */
import { readQuestions } from '../dataset/rows';
import { usage } from '../errors';
import type { Experiment } from '../experiment/types';
import { settingsChanges, settingsOf } from '../journal/identity';
import { nameOf } from '../journal/journals';
import { placeIn } from '../journal/place';
import { JournalReader } from '../journal/reader';
import { overviewOf } from './overview';
import type { RunOverview } from './overview-types';

/**
 * What the journal of an experiment holds, without a model and without changing anything; null when there is none yet.
 * Throws CrossflowError `usage` when its results are of something else, and says what changed.
 */
export async function storedOverview(experiment: Experiment): Promise<RunOverview | null> {
  const { subject } = experiment;
  if (subject.kind !== 'dataset') throw usage('has no "dataset"', experiment.file);
  const place = placeIn(experiment.output);
  const journal = JournalReader.openIfAny(place);
  if (!journal) return null;
  try {
    const { identity, about } = journal.header;
    const { hash, rows } = await readQuestions(subject.csv);
    const changed = [
      ...(identity.csv === hash ? [] : ['the CSV file']),
      ...settingsChanges(identity.settings, settingsOf(experiment)),
    ];
    if (changed.length > 0)
      throw usage(
        `holds results of another run: ${changed.join(', ')} changed since`,
        nameOf(place),
        'take the change back, or choose another "output" folder',
      );
    const asked = Math.min(rows.length, subject.limit ?? Infinity);
    return overviewOf(experiment, [...journal.records(asked)], { layers: about.model.layers, asked });
  } finally {
    journal.close();
  }
}
