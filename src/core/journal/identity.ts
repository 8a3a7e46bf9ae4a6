import { z } from 'zod';
import { checkpointHash } from '../checkpoint/hash';
import type { ModelSpec } from '../spec';
import type { EngineOptions } from '../engine/types';
import { knockoutId, type Experiment } from '../experiment/types';
import { CROSSFLOW_VERSION } from './version';

/** Layout of the journal's lines. 2: settings say whether best words are kept, and records may hold them.
 * 3: identities name the device, headers the machine. */
export const JOURNAL_FORMAT = 3;

const settingsSchema = z.object({
  template: z.string().nullable(),
  aspect: z.string().nullable(),
  /** Left out: the checkpoint's own, as in journals from before there was the key. */
  pixels: z.tuple([z.number(), z.number()]).optional(),
  /** Left out: none, as in journals from before there was the key. */
  system: z.string().optional(),
  instruction: z.string(),
  /** JSON of the user's token sets, names sorted. */
  sets: z.string(),
  /** knockoutId() of each, which holds window and heads. */
  knockouts: z.array(z.string()),
  track: z.array(z.string()),
  /** Best words kept of each layer; 0: none. */
  topWords: z.int().min(0),
  method: z.enum(['fork', 'full']),
});
/** What of an experiment decides its numbers. Not `limit`: a run may grow; not paths: a folder may move. */
export type Settings = z.infer<typeof settingsSchema>;

export const identitySchema = z.object({
  format: z.literal(JOURNAL_FORMAT),
  crossflow: z.string(),
  /** checkpointHash() */
  checkpoint: z.string(),
  /** sha256 of the CSV file. */
  csv: z.string(),
  /** Where it was computed (EngineOptions): devices round differently. */
  device: z.string(),
  settings: settingsSchema,
});
/** What a journal's results were computed from. Results of two identities are never mixed. */
export type Identity = z.infer<typeof identitySchema>;

export function settingsOf(experiment: Experiment): Settings {
  const sets = Object.entries(experiment.sets).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    template: experiment.template ?? null,
    aspect: experiment.aspect ?? null,
    ...(experiment.pixels && { pixels: [...experiment.pixels] }),
    ...(experiment.system === undefined ? {} : { system: experiment.system }),
    instruction: experiment.instruction,
    sets: JSON.stringify(sets),
    knockouts: experiment.knockouts.map(knockoutId),
    track: [...(experiment.track ?? [])],
    topWords: experiment.topWords ?? 0,
    method: experiment.method,
  };
}

/** The task file that results are about. */
export interface TaskFile {
  readonly csv: string;
  readonly task: string;
  /** sha256 of the file. */
  readonly hash: string;
  /** Rows of the file. */
  readonly total: number;
}

/** Reads the whole checkpoint the first time it is seen (checkpointHash()). */
export async function identify(
  spec: ModelSpec,
  experiment: Experiment,
  file: Pick<TaskFile, 'hash'>,
  { device = 'cpu' }: EngineOptions,
  signal?: AbortSignal,
): Promise<Identity> {
  return {
    format: JOURNAL_FORMAT,
    crossflow: CROSSFLOW_VERSION,
    checkpoint: await checkpointHash(spec, signal ? { signal } : {}),
    csv: file.hash,
    device,
    settings: settingsOf(experiment),
  };
}

/** What differs, in words for the user; empty when nothing does. */
export function changes(was: Identity, is: Identity): string[] {
  return [
    ...(was.crossflow === is.crossflow ? [] : [`Crossflow's version (${was.crossflow}, now ${is.crossflow})`]),
    ...(was.checkpoint === is.checkpoint ? [] : ['the checkpoint']),
    ...(was.csv === is.csv ? [] : ['the CSV file']),
    ...(was.device === is.device ? [] : [`the device (${was.device}, now ${is.device})`]),
    ...settingsChanges(was.settings, is.settings),
  ];
}

export function settingsChanges(was: Settings, is: Settings): string[] {
  const keys = Object.keys(settingsSchema.shape) as (keyof Settings)[];
  return keys
    .filter((key) => JSON.stringify(was[key]) !== JSON.stringify(is[key]))
    .map((key) => (key === 'knockouts' && sameButWindows(was, is) ? '"window"' : `"${NAMES[key]}"`));
}

const sameButWindows = (was: Settings, is: Settings): boolean => {
  const bare = ({ knockouts }: Settings): string => JSON.stringify(knockouts.map((id) => id.replace(/ w\d+(?= h[\d,]+$|$)/, ''))); // prettier-ignore
  return bare(was) === bare(is);
};

/** Keys of the experiment file. */
const NAMES: Readonly<Record<keyof Settings, string>> = {
  template: 'prompt',
  aspect: 'aspect',
  pixels: 'pixels',
  system: 'system',
  instruction: 'instruction',
  sets: 'sets',
  knockouts: 'knockouts',
  track: 'track',
  topWords: 'topWords',
  method: 'method',
};
