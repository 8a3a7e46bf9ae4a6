/**
 * Makes a quantised copy of a checkpoint: an ordinary folder that can be used wherever a model is named. Works tensor by
 * tensor in a folder beside (`NAME.part`), goes on after any end, and gives the folder its name when all is there.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, stat, statfs, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { cancelled, failed, usage } from '../../errors';
import { readConfig } from '../config';
import { findLocalModel } from '../../hub/local';
import { isFile } from '../folder';
import { checkpointHash } from '../hash';
import { readExactly, toFloat32 } from '../read';
import { LAYOUTS } from '../layouts';
import { DTYPE_BYTES, type ModelSpec } from '../spec';
import { compensation } from './compensate';
import type { Bits, BlockSize } from './format';
import { FORMAT_VERSION, readMarker, STATE_FILE, workFolder, type Marker } from './marker';
import { bitsPerWeight, planOutputs, type Choose, type Item, type Outputs, type QuantizeItem } from './outputs';
import { addErrors, quantizeRows, type RoundingError } from './pack';
import { readReport, REPORT_FILE, reportText, weightReports, type Report } from './report';
import { fileFacts, removeNotes, Work } from './work';

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

/** Numbers worked on at a time: 16 MB of f32. */
const CHUNK_NUMBERS = 4 * 1024 * 1024;
/** Left free on the disk. */
const SPARE_BYTES = 64 * 1024 * 1024;

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
  const tower = await towerOf(spec);
  const inTower = hasTower(spec) ? undefined : tower && basename(tower);
  const outputs = planOutputs(spec, settings.choose, inTower);
  const hash = await checkpointHash(spec);
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
  if (tower !== undefined) {
    await copySmallFiles(tower, join(work.folder, basename(tower)));
    await copyFile(join(tower, 'config.json'), join(work.folder, basename(tower), 'config.json'));
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

interface Chunk {
  /** The next bytes for each room. */
  readonly parts: readonly Uint8Array[];
  /** Bytes of the source read so far. */
  readonly read: number;
  readonly error?: RoundingError;
}

async function* copied({ source }: Item): AsyncGenerator<Chunk> {
  const size = CHUNK_NUMBERS * DTYPE_BYTES[source.dtype];
  for (let at = 0; at < source.length; at += size) {
    const bytes = new Uint8Array(Math.min(size, source.length - at));
    await readExactly(source.file, bytes, source.offset + at);
    yield { parts: [bytes], read: at + bytes.length };
  }
}

async function* rounded(item: QuantizeItem, grams: Float32Array | undefined): AsyncGenerator<Chunk> {
  const { source, format } = item;
  const [out, width] = source.shape;
  const calibration = grams && compensation(grams, width);
  const each = Math.max(1, Math.floor(CHUNK_NUMBERS / width));
  const rowBytes = width * DTYPE_BYTES[source.dtype];
  for (let row = 0; row < out; row += each) {
    const count = Math.min(each, out - row);
    const raw = new Uint8Array(count * rowBytes);
    await readExactly(source.file, raw, source.offset + row * rowBytes);
    const rows = new Float32Array(count * width);
    toFloat32(raw, source.dtype, rows);
    const { packed, error } = quantizeRows(rows, width, format, calibration);
    const scales = new Uint8Array(packed.scales.buffer);
    const parts = [packed.values, scales, ...(packed.zeroPoints ? [packed.zeroPoints] : [])];
    yield { parts, read: (row + count) * rowBytes, error };
  }
}

/** Whether the output is there and is this very import. @throws CrossflowError `usage` when it is something else */
async function isThere(output: string, marker: Marker): Promise<boolean> {
  const found = await stat(output).catch(() => undefined);
  if (found === undefined) return false;
  const hint = 'choose another folder with --output, or delete this one';
  if (!found.isDirectory()) throw usage('is a file', output, hint);
  if (!(await isFile(join(output, 'config.json')))) {
    if ((await readdir(output)).length > 0) throw usage('is a folder of something else', output, hint);
    throw usage('is there already, and empty', output, 'delete it, or choose another folder with --output');
  }
  const other = await readMarker(join(output, 'config.json'));
  if (other === undefined) throw usage('holds another checkpoint', output, hint);
  if (other.source.hash !== marker.source.hash) {
    throw usage(
      `holds an import of another checkpoint (${other.source.name}), or of this one before it changed`,
      output,
      hint,
    );
  }
  if (other.recipe !== marker.recipe) throw usage('holds an import with other settings', output, hint);
  // the last thing an import does; a call may have been stopped before it
  if (await isFile(join(output, STATE_FILE))) await removeNotes(output);
  return true;
}

async function checkSpace(output: string, bytes: number): Promise<void> {
  const used = await folderBytes(workFolder(output));
  const { bavail, bsize } = await statfs(dirname(output));
  const free = bavail * bsize;
  const needed = bytes - used + SPARE_BYTES;
  if (free < needed) {
    const mib = (n: number): string => `${Math.ceil(n / 1024 ** 2)} MiB`;
    throw usage(
      `the disk has ${mib(free)} left, the import needs ${mib(needed)}`,
      dirname(output),
      'free some, or choose --output on another disk',
    );
  }
}

/** What a work folder takes of the disk; files begin with room that takes nothing. */
async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).blocks * 512));
  return sizes.reduce((a, b) => a + b, 0);
}

/** Whether the vision tower's weights lie in the checkpoint itself. */
const hasTower = (spec: ModelSpec): boolean => LAYOUTS.find((l) => l.name === spec.layout)?.vision !== undefined;

/** Original LLaVA's CLIP folder on this disk, where there is one. */
async function towerOf(spec: ModelSpec): Promise<string | undefined> {
  const { tower } = await readConfig(spec.directory);
  return tower && (await findLocalModel(tower.name, spec.directory));
}

/** Small files that belong to a checkpoint: configs, tokenizer, templates, licences. */
const SMALL = /\.(json|jinja|model|txt|md)$|^licen[cs]e/i;
const NOT_COPIED = /^(config\.json|.*\.index\.json|crossflow-import.*|quantization-report\.json)$/;

async function copySmallFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (!SMALL.test(name) || NOT_COPIED.test(name) || !(await isFile(join(from, name)))) continue;
    await copyFile(join(from, name), join(to, name));
  }
}

/** config.json as it was, with the mark of the import. */
async function writeConfig(from: string, to: string, quantization: Marker): Promise<void> {
  const config = JSON.parse(await readFile(join(from, 'config.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(
    join(to, 'config.json'),
    JSON.stringify({ ...config, crossflow: { quantization } }, undefined, 2) + '\n',
  );
}

/** The last name of a folder; of a snapshot in the Hugging Face cache, the repository's. */
export function nameOf(folder: string): string {
  const parts = resolve(folder).split(/[\\/]/);
  const repository = parts.findLast((p) => p.startsWith('models--'));
  if (repository !== undefined) return repository.slice('models--'.length).replace('--', '/');
  return parts.at(-1) ?? '';
}
