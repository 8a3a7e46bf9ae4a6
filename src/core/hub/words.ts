/** A plan and its progress in words, for terminal and editor alike. */
import { homedir } from 'node:os';
import { idText } from './id';
import type { DownloadPlan, PlannedFile, PlannedModel } from './plan';

/** `14.1 GB`, in powers of 1000 as the hub's pages have it. */
export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  // 999.95 kB would round to 1000.0 kB
  const step = units.findIndex((_, i) => bytes < 999.95 * 1000 ** i || i === units.length - 1);
  return step <= 0
    ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
    : `${(bytes / 1000 ** step).toFixed(1)} ${units[step]}`;
}

const sum = (files: readonly PlannedFile[], of: (file: PlannedFile) => number): number =>
  files.reduce((total, file) => total + of(file), 0);

/** Files that are not whole on this disk. */
const toFetch = (model: PlannedModel): PlannedFile[] => model.files.filter((file) => file.here < file.size);

export interface PlanSize {
  readonly files: number;
  /** Bytes of these files, and how many of them are here from an earlier try. */
  readonly bytes: number;
  readonly here: number;
}
export function planSize(models: readonly PlannedModel[]): PlanSize {
  const files = models.flatMap(toFetch);
  return { files: files.length, bytes: sum(files, (f) => f.size), here: sum(files, (f) => f.here) };
}

/** `a/b, 14.1 GB in 9 files, from https://huggingface.co into ~/.cache/huggingface/hub` */
export function planText({ environment, models }: DownloadPlan): string {
  const main = models[models.length - 1];
  const { files, bytes, here } = planSize(models);
  const companions = models.filter((m) => m !== main && toFetch(m).length > 0);
  const names = [idText(main.id), ...companions.map((m) => `its ${m.role ?? 'companion'} ${idText(m.id)}`)];
  const before = here > 0 ? ` (${size(here)} of it are here from before)` : '';
  const what = `${names.join(' and ')}, ${size(bytes)} in ${files} ${files === 1 ? 'file' : 'files'}${before}`;
  return `${what}, from ${environment.endpoint} into ${shortPath(environment.cache)}`;
}

/** With `~` for the user's folder. */
function shortPath(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(home + '/') ? `~${path.slice(home.length)}` : path;
}
