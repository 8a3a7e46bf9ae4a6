/** `crossflow import`: a copy of a checkpoint with weights of fewer bits. */
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Imported } from '../core/checkpoint/quantized/import';
import { interruptSignal } from './interrupt';
import { modelFolder, namedModel } from './model';
import { progressBar } from './progress';
import { reportLine } from './report';
import { print } from './streams';
import { bytes } from './table';

export interface ImportOptions {
  readonly quantize: 'int8' | 'int4';
  readonly output?: string;
  readonly json?: boolean;
}

export async function importModel(name: string, options: ImportOptions): Promise<number> {
  const signal = interruptSignal();
  const folder = await modelFolder(namedModel(name));
  const { openCheckpoint } = await import('../core/checkpoint');
  const { importQuantized } = await import('../core/checkpoint/quantized/import');
  const { recipe } = await import('../core/checkpoint/quantized/recipe');
  const spec = await openCheckpoint(folder);
  const output =
    options.output === undefined ? defaultOutput(spec.directory, options.quantize) : resolve(options.output);
  const bar = await progressBar();
  try {
    const imported = await importQuantized(spec, output, recipe(spec, options.quantize), {
      signal,
      onProgress: ({ done, total, name: tensor }) => bar.update(options.quantize, done, total, undefined, tensor),
      onNotice: (line) => reportLine(line),
    });
    bar.stop();
    await print(options.json ? JSON.stringify(imported) + '\n' : describe(imported));
    return 0;
  } finally {
    bar.stop();
  }
}

/** Beside the model; of a model in the Hugging Face cache, in Crossflow's own. */
function defaultOutput(folder: string, kind: string): string {
  const repository = folder.split(/[\\/]/).findLast((p) => p.startsWith('models--'));
  if (repository === undefined) return join(dirname(folder), `${basename(folder)}-${kind}`);
  return join(cacheFolder(), 'imports', `${repository.slice('models--'.length)}-${kind}`);
}

/** Where this system keeps what can be made again. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'crossflow');
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'crossflow');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'crossflow');
  return join(homedir(), '.cache', 'crossflow');
}

function describe({ folder, existed, bitsPerWeight, sourceBytes, bytes: size }: Imported): string {
  const what = existed ? 'was there already' : 'is made';
  return `${folder} ${what}: ${bytes(size)} in place of ${bytes(sourceBytes)}, ${bitsPerWeight.toFixed(2)} bits per quantised weight\n`;
}
