/** What the names of published result files say: model, task, edge and window. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { z } from 'zod';
import { taskOf } from '../../dataset/layout';
import { DEFAULT_WINDOW, type Knockout } from '../../experiment/types';

export interface ResultNames {
  readonly model?: string;
  readonly task: string;
  /** Layers per window; left out where neither name nor run.json tells. */
  readonly window?: number;
  /** Of the edge, as `_noHD_noPad`. */
  readonly variant?: string;
  /** Knockouts of a run of our own, by their `block_desc`. */
  readonly knockouts?: ReadonlyMap<string, Knockout>;
}

/** `output/information_flow/MODEL/TASK/val/EDGE/DATASET_window9_EDGE.csv`, `output/last_position_answer_probs/MODEL/…` */
const FOLDERS = new Set(['information_flow', 'last_position_answer_probs']);
const WINDOW = /_window(\d+)_.*?(_noHD_noPad)?$/;

export function resultNames(file: string): ResultNames {
  const own = ownNames(file);
  if (own) return own;
  const parts = file.split(sep);
  const stem = (parts.at(-1) ?? '').replace(/\.csv$/i, '');
  const at = parts.findLastIndex((part, i) => i < parts.length - 2 && FOLDERS.has(part));
  const [, window, variant] = WINDOW.exec(stem) ?? [];
  const model = at < 0 ? undefined : parts[at + 1];
  return {
    ...(model !== undefined && { model }),
    task: taskOf(stem.replace(WINDOW, '')),
    ...(window !== undefined && { window: Number(window) }),
    ...(variant !== undefined && { variant: variant.slice(1) }),
  };
}

const runSchema = z.object({
  model: z.object({ name: z.string() }),
  dataset: z.object({ task: z.string() }),
  settings: z.object({ knockouts: z.array(z.string()) }),
  knockouts: z.array(z.object({ block_desc: z.string() })),
});

/** Of a table that a run of Crossflow wrote: what run.json beside it says. */
function ownNames(file: string): ResultNames | undefined {
  const beside = join(dirname(file), 'run.json');
  if (!existsSync(beside)) return undefined;
  try {
    const run = runSchema.parse(JSON.parse(readFileSync(beside, 'utf8')));
    const ids = run.settings.knockouts;
    const knockouts = run.knockouts.flatMap(({ block_desc }, i): [string, Knockout][] => {
      const knockout = parseKnockout(ids[i] ?? '');
      return knockout ? [[block_desc, knockout]] : [];
    });
    return { model: run.model.name, task: run.dataset.task, knockouts: new Map(knockouts) };
  } catch {
    // Not ours, or of another version: names tell what they can.
    return undefined;
  }
}

/** Older scripts' names of sets, as `vil/merge_lineplot.py` translates them. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  last: 'Last',
  'Image Objects': 'Image Central Object',
  'Image Without Objects': 'Image Without Central Object',
};
const setName = (name: string): string => OLD_NAMES[name.trim()] ?? name.trim();

/** `Question->Last`, or the knockoutId() of any knockout. `window`: of those whose name has none. */
export function parseKnockout(text: string, window = DEFAULT_WINDOW): Knockout | undefined {
  const [, name = '', own, heads] = /^(.*?)(?: w(\d+))?(?: h(\d+(?:,\d+)*))?$/.exec(text.trim()) ?? [];
  const layers = own === undefined ? window : Number(own);
  const [from, to, more] = name.split('->');
  if (from?.trim() && to?.trim() && more === undefined) {
    const blocked = heads === undefined ? {} : { heads: heads.split(',').map(Number) };
    return { kind: 'edge', from: setName(from), to: setName(to), window: layers, ...blocked };
  }
  const [, kind, of] = /^(attention|mlp|prune):(.+)$/.exec(name) ?? [];
  if (kind === undefined || of === undefined) return undefined;
  return kind === 'prune' ? { kind, of } : { kind: kind as 'attention' | 'mlp', of, window: layers };
}
