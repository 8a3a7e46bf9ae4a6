/**
 * Makes a quantised copy of a checkpoint: an ordinary folder that can be used wherever a model is named. Works tensor by
 * tensor in a folder beside (`NAME.part`), goes on after any end, and gives the folder its name when all is there.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cancelled, failed } from '../errors';
import { checkpointHash } from '../checkpoint/hash';
import type { ModelSpec } from '../spec';
import { copied, rounded } from './chunks';
import type { Bits, BlockFormat, BlockSize } from '../checkpoint/quantized/format';
import { FORMAT_VERSION, workFolder, type Marker } from '../checkpoint/quantized/marker';
import { bitsPerWeight, planOutputs, type Choose, type Outputs } from './outputs';
import { addErrors, type RoundingError } from './pack';
import { checkSpace, isThere, refuseForeignWork } from './place';
import { readReport, REPORT_FILE, reportText, weightReports, type Report } from './report';
import { copySmallFiles, nameOf, writeConfig } from './small-files';
import { fileFacts, removeNotes, Work } from './work';
import type { MatrixRole } from '../checkpoint/refs';

export interface ImportSettings {
  readonly bits: Bits;
  readonly blockSize: BlockSize;
  /** Says all that `choose` depends on: another text is another import. */
  readonly recipe: string;
  readonly choose: Choose;
  /**
   * Sums of products of a weight's inputs (compensate.ts), or undefined where it was not calibrated. Two calls with the
   * same recipe must give the same.
   */
  grams?(name: string): Float32Array | undefined;
}

export interface ImportControl {
  readonly signal?: AbortSignal;
  /** Bytes of the source worked through, and all of them. */
  onProgress?(p: { readonly done: number; readonly total: number; readonly name: string }): void;
  /** Something the user may want to know, in one line. */
  onNotice?(line: string): void;
}

export interface Imported {
  readonly folder: string;
  /** It was there already, made from the same source in the same way. */
  readonly existed: boolean;
  readonly report: Report;
}

/**
 * @param output an absolute folder that does not exist yet, or that an earlier call began
 * @throws CrossflowError `usage` when the output is another's or the disk too small, `cancelled` when stopped; the same
 * call then goes on
 */
export async function importQuantized(
  spec: ModelSpec,
  output: string,
  settings: ImportSettings,
  control: ImportControl = {},
): Promise<Imported> {
  const outputs = planOutputs(spec, settings.choose);
  const hash = await checkpointHash(spec, control);
  const marker: Marker = {
    version: FORMAT_VERSION,
    bits: settings.bits,
    block_size: settings.blockSize,
    bits_per_weight: Number(bitsPerWeight(outputs.items).toFixed(4)),
    recipe: settings.recipe,
    source: { name: nameOf(spec.directory), hash },
  };
  const facts = {
    source_bytes: outputs.items.reduce((sum, i) => sum + i.source.length, 0),
    bytes: outputs.files.reduce((sum, f) => sum + f.bytes, 0),
    bits_per_weight: marker.bits_per_weight,
  };
  const empty: Report = { recipe: settings.recipe, ...facts, weights: [] };
  if (await isThere(output, marker)) {
    return { folder: output, existed: true, report: (await readReport(output)) ?? empty };
  }
  await refuseForeignWork(output);
  const sources = spec.files.map((f) => f.path);
  const asked = JSON.stringify({ marker, sources: await fileFacts(sources) });
  await mkdir(dirname(output), { recursive: true });
  await checkSpace(output, facts.bytes);
  const work = await Work.open(workFolder(output), outputs.files, asked);
  try {
    if (work.dropped)
      control.onNotice?.('the checkpoint or the settings have changed since this import began: starting again');
    else if (work.done.size > 0)
      control.onNotice?.(`going on with an import that stopped: ${work.done.size} tensors are done`);
    await fill(work, outputs, settings, facts.source_bytes, control);
    await work.flush();
  } finally {
    await work.close();
  }
  if (JSON.stringify({ marker, sources: await fileFacts(sources) }) !== asked) {
    throw failed('the checkpoint has changed while it was read', spec.directory, 'import it again');
  }
  await copySmallFiles(spec.directory, work.folder);
  for (const companion of spec.companions) {
    await copySmallFiles(companion, join(work.folder, basename(companion)));
    await copyFile(join(companion, 'config.json'), join(work.folder, basename(companion), 'config.json'));
  }
  await writeConfig(spec.directory, work.folder, marker);
  const quantized = outputs.items.filter((item) => item.kind === 'quantize');
  const report: Report = { ...empty, weights: weightReports(quantized, work.done) };
  await writeFile(join(work.folder, REPORT_FILE), reportText(report));
  await rename(work.folder, output);
  await removeNotes(output);
  return { folder: output, existed: false, report };
}

async function fill(
  work: Work,
  outputs: Outputs,
  settings: ImportSettings,
  total: number,
  control: ImportControl,
): Promise<void> {
  let done = 0;
  for (const item of outputs.items) {
    const report = (part: number): void => control.onProgress?.({ done: done + part, total, name: item.name });
    if (control.signal?.aborted) throw cancelled();
    if (!(await work.isWhole(item))) {
      const chunks = item.kind === 'copy' ? copied(item) : rounded(item, settings.grams?.(item.name));
      const hashes = item.rooms.map(() => createHash('sha256'));
      const at = item.rooms.map(() => 0);
      let error: RoundingError | undefined;
      for await (const chunk of chunks) {
        for (const [i, bytes] of chunk.parts.entries()) {
          await work.write(item.rooms[i], bytes, at[i]);
          hashes[i].update(bytes);
          at[i] += bytes.length;
        }
        if (chunk.error) error = addErrors(error, chunk.error);
        report(chunk.read);
        if (control.signal?.aborted) throw cancelled();
      }
      const sha256 = hashes.map((h) => h.digest('hex'));
      await work.finish({ name: item.name, sha256, ...(error ? { error } : {}) });
    }
    done += item.source.length;
    report(0);
  }
}

export type Kind = 'int8' | 'int4';

const EIGHT: BlockFormat = { bits: 8, blockSize: 32 };
const FOUR: BlockFormat = { bits: 4, blockSize: 32 };

/**
 * Weights that stay at 8 bits in an int4 import. Queries and keys decide where attention goes, which is what knockouts
 * ask about: of all weights they cost the curves most (docs/decisions.md). The head decides every probability.
 */
const DELICATE: readonly MatrixRole[] = ['query', 'key', 'head'];

export function recipeOf(kind: Kind): ImportSettings {
  const format = kind === 'int8' ? EIGHT : FOUR;
  return {
    ...format,
    recipe: `${kind}, blocks of ${format.blockSize}${kind === 'int4' ? ', queries, keys and head int8' : ''}`,
    choose: (_name, _shape, role) => (DELICATE.includes(role) ? EIGHT : format),
  };
}
