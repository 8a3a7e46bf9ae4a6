/** A plan and its progress in words, for terminal and editor alike. */
import { homedir } from 'node:os';
import { downloadSize, plural } from '../words';
import { idText } from './id';
import type { DownloadPlan, PlannedFile, PlannedModel } from './plan';

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
  const before = here > 0 ? ` (${downloadSize(here)} of it are here from before)` : '';
  const what = `${names.join(' and ')}, ${downloadSize(bytes)} in ${plural(files, 'file')}${before}`;
  return `${what}, from ${environment.endpoint} into ${shortPath(environment.cache)}`;
}

/** With `~` for the user's folder. */
function shortPath(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(home + '/') ? `~${path.slice(home.length)}` : path;
}
