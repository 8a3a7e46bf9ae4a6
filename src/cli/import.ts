/** `crossflow import`: a copy of a checkpoint with weights of fewer bits, and how far it is from the original. */
import { basename, dirname, join, resolve } from 'node:path';
import type { ModelSpec } from '../core/spec';
import { type ImportSettings, type Kind, recipeOf } from '../core/quantize/import';
import { REPORT_FILE, reportText } from '../core/quantize/report';
import { usage } from '../core/errors';
import { ownCacheFolder } from '../core/files/cache-folder';
import type { Held } from '../core/files/hold';
import { measureImport, withCalibration } from './import-measure';
import { importTables } from './import-report';
import { interruptSignal } from './interrupt';
import { modelFolder, namedModel, type EngineFlags } from './model';
import { progressBar } from './progress';
import { reportLine } from './report';
import { print } from './streams';

export interface ImportOptions extends EngineFlags {
  readonly quantize: Kind;
  readonly output?: string;
  readonly json?: boolean;
  /** An experiment whose curves are compared; a generated picture and question when left out. */
  readonly experiment?: string;
  /** An experiment whose questions say what the rounding should be good at. */
  readonly calibrate?: string;
  /** `--no-compare`: neither model is run. */
  readonly compare: boolean;
}

export async function importModel(name: string, options: ImportOptions): Promise<number> {
  const signal = interruptSignal();
  const folder = await modelFolder(namedModel(name), { ...options, signal });
  const { openCheckpoint } = await import('../core/families');
  const { importQuantized } = await import('../core/quantize/import');
  const spec = await openCheckpoint(folder);
  const output = options.output === undefined ? defaultOutput(folder, options.quantize) : resolve(options.output);
  const held = await holdOutput(output);
  const bar = await progressBar();
  try {
    const run = async (settings: ImportSettings) =>
      importQuantized(spec, output, settings, {
        signal,
        onProgress({ done, total, name: tensor }) {
          held.check();
          bar.update(options.quantize, done, total, undefined, tensor);
        },
        onNotice: (line) => {
          bar.stop();
          reportLine(line);
        },
      });
    const settings = recipeOf(options.quantize);
    const { existed, report } = await (options.calibrate === undefined
      ? run(settings)
      : withCalibration(spec, settings, options.calibrate, options, { bar, signal }, run));
    const measured =
      options.compare && (report.comparison === undefined || options.experiment !== undefined)
        ? { ...report, comparison: await measureImport(folder, output, options, { bar, signal }) }
        : report;
    if (measured !== report) {
      const { writeBeside } = await import('../core/files/write-beside');
      writeBeside(join(output, REPORT_FILE), [reportText(measured)]);
    }
    bar.stop();
    const document = { folder: output, existed, ...measured };
    await print(options.json ? JSON.stringify(document) + '\n' : importTables(document));
    return 0;
  } finally {
    bar.stop();
    held.release();
  }
}

/** One import at a time writes a folder. @throws CrossflowError `usage` when another process is at it */
async function holdOutput(output: string): Promise<Held> {
  const { hold } = await import('../core/files/hold');
  const { nameOf } = await import('../core/files/holder');
  const { mkdir } = await import('node:fs/promises');
  const path = `${output}.lock`;
  const hint = 'choose another --output';
  try {
    await mkdir(dirname(output), { recursive: true });
  } catch (e) {
    throw usage(`cannot be made: ${(e as Error).message}`, dirname(output), hint);
  }
  return hold(
    path,
    (by) => {
      const who = by ? nameOf(by) : 'someone';
      return usage(`${who} is importing into this folder`, output, `if that is not so, delete ${path}`);
    },
    { hint },
  );
}

/** Beside the model; of a model in the Hugging Face cache, in Crossflow's own. */
function defaultOutput(folder: ModelSpec['directory'], kind: Kind): string {
  const repository = folder.split(/[\\/]/).findLast((p) => p.startsWith('models--'));
  if (repository === undefined) return join(dirname(folder), `${basename(folder)}-${kind}`);
  return join(ownCacheFolder(), 'imports', `${repository.slice('models--'.length)}-${kind}`);
}
