/**
 * `npm run bench:full`: checkpoints with the real shapes of the paper's models (random weights, few decoder layers):
 * time to load, memory, a clean run, six curves, a click; and what that makes for all layers, by extrapolation.
 *
 *   npm run bench:full -- [7b] [13b] [8b] [f16] [bf16] [int8] [int4] [--layers 4] [--quick] [--keep FOLDER]
 *
 * Each measurement runs in a process of its own, so that its memory is its own. Checkpoints are written to a temporary
 * folder (up to 5 GB) and removed; --keep names a folder they stay in.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openCheckpoint } from '../../src/core/families';
import { importQuantized, recipeOf } from '../../src/core/quantize/import';
import { computeCurves } from '../../src/core/engine/curves';
import { activeLayers, effectOf } from '../../src/core/engine/effects';
import { planCost, planForks } from '../../src/core/engine/forks';
import { DEFAULT_CHUNK_BUDGET } from '../../src/core/engine/limits';
import { openModel } from '../../src/core/engine/model';
import type { EnteringRows } from '../../src/core/engine/passage';
import { Sequence } from '../../src/core/engine/sequence';
import { PUBLISHED_EDGES } from '../../src/core/experiment/names';
import { DEFAULT_INSTRUCTION, type Knockout } from '../../src/core/experiment/types';
import { FULL_SHAPES, type FullName, quick, writeFullSize } from '../support/full-size';
import { repositoryRoot } from '../support/golden';

const FORMATS = ['f16', 'bf16', 'int8', 'int4'] as const;
type Format = (typeof FORMATS)[number];
/** 500 x 375: a landscape picture, as most of the study's are. */
const IMAGE = join(repositoryRoot, 'test/golden/llava-1.5/image0.png');
/** The published window of 32 layers. */
const WINDOW = 9;
const GB = 1e9;

/** What a child process gives back. Times are wall-clock seconds. */
interface Measured {
  readonly tokens: number;
  readonly imageTokens: number;
  readonly weightBytes: number;
  readonly cacheBytes: number;
  /** One decoder layer of the files. */
  readonly layerBytes: number;
  readonly layers: number;
  readonly read: number;
  readonly load: number;
  readonly image: number;
  readonly head: number;
  readonly firstClean: number;
  readonly clean: number;
  readonly token: number;
  readonly curves: number;
  readonly curvesWindow1: number;
  readonly click: number;
  /** Rows through layers of window 1 here, and of the published window with all layers. */
  readonly work: { readonly window1: number; readonly full: number };
  /** VmHWM: anonymous and mapped file pages, less those of the process before the model was opened. */
  readonly peak: number;
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    layers: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    keep: { type: 'string' },
    child: { type: 'string' },
  },
});
const chosen = <T extends string>(all: readonly T[], fallback: readonly T[]): T[] => {
  const some = all.filter((name) => positionals.includes(name));
  return some.length > 0 ? some : [...fallback];
};
const names = chosen(Object.keys(FULL_SHAPES) as FullName[], ['7b', '8b']);
const formats = chosen<Format>(FORMATS, ['f16', 'int8', 'int4']);
const layers = Number(flags.layers || (flags.quick ? 2 : 4));
const shapeOf = (name: FullName) => (flags.quick ? quick(FULL_SHAPES[name]) : FULL_SHAPES[name]);

async function main(): Promise<void> {
  const folder = flags.keep ?? (await mkdtemp(join(tmpdir(), 'crossflow-full-')));
  const [{ model }] = cpus();
  console.log(`${model.trim()}, ${availableParallelism()} processors; chunk budget ${gb(DEFAULT_CHUNK_BUDGET)}`);
  try {
    for (const name of names) for (const format of formats) await bench(folder, name, format);
  } finally {
    if (flags.keep === undefined) await rm(folder, { recursive: true });
  }
}

async function bench(folder: string, name: FullName, format: Format): Promise<void> {
  const shape = shapeOf(name);
  const stored = format === 'bf16' ? 'bf16' : 'f16';
  const original = join(folder, `${name}-${stored}-${layers}`);
  const written = await seconds(async () => {
    if (!existsSync(join(original, 'generation_config.json'))) await writeFullSize(original, shape, layers, stored);
  });
  let checkpoint = original;
  let imported = '';
  if (format === 'int8' || format === 'int4') {
    checkpoint = `${original}-${format}`;
    const time = await seconds(async () =>
      importQuantized(await openCheckpoint(original), checkpoint, recipeOf(format), {}),
    );
    imported = `, imported in ${time.toFixed(0)} s`;
  }
  console.log(
    `\n${shape.model}, ${format}: ${layers} of ${shape.layers} layers, width ${shape.hidden}${flags.quick ? ' (--quick: narrow, tells nothing)' : ''}; written in ${written.toFixed(0)} s${imported}; load of the machine ${loadavg()[0].toFixed(1)}`,
  );
  const { measured, anonymous } = await inChild(checkpoint, name);
  report(measured, anonymous, shape.layers);
  if (flags.keep === undefined && format === formats.at(-1)) await rm(original, { recursive: true });
  if (flags.keep === undefined && checkpoint !== original) await rm(checkpoint, { recursive: true });
}

/** Runs the child and watches its anonymous memory. */
async function inChild(checkpoint: string, name: FullName): Promise<{ measured: Measured; anonymous: number }> {
  const self = fileURLToPath(import.meta.url);
  const args = ['--import', 'tsx', self, '--child', checkpoint, name, ...(flags.quick ? ['--quick'] : [])];
  const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  process_.stdout.on('data', (part: Buffer) => (text += part.toString()));
  let anonymous = 0;
  const watch = setInterval(() => {
    if (process_.pid !== undefined) anonymous = Math.max(anonymous, status(process_.pid, 'RssAnon'));
  }, 50);
  const [code] = (await once(process_, 'close')) as [number | null];
  clearInterval(watch);
  if (code !== 0) throw new Error(`the measurement ended with ${code}`);
  return { measured: JSON.parse(text) as Measured, anonymous };
}

/** A line of /proc/PID/status in bytes; 0 where there is no such file (not Linux) or the process has gone. */
function status(pid: number | 'self', key: string): number {
  try {
    const line = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return 1024 * Number(line?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function child(checkpoint: string, name: FullName): Promise<void> {
  const spec = await openCheckpoint(checkpoint);
  const read = await seconds(() => readAll(spec.files.map((f) => f.path)));
  const empty = status('self', 'VmRSS');
  let model!: Awaited<ReturnType<typeof openModel>>;
  const load = await seconds(async () => {
    model = await openModel(checkpoint);
    await model.parts.vision();
  });
  const example = await model.prepare({
    image: IMAGE,
    template: 'vicuna_v1',
    instruction: DEFAULT_INSTRUCTION,
    question: 'Is the star to the left of the circle red or blue?',
    objects: [[40, 60, 150, 120]],
    sets: { clicked: { kind: 'patches', patches: [44, 45, 54] } },
  });
  const { parts } = model;
  const { input } = example.sequence;
  let rows!: EnteringRows;
  const image = await seconds(async () => (rows = await input.prefixRows()));
  let made = 0;
  const fresh = (): Sequence =>
    new Sequence(parts, { ...input, prefixKey: `full ${made++}`, prefixRows: async () => rows });
  const cleanRun = async (): Promise<void> => {
    const sequence = fresh();
    await sequence.clean();
    sequence.release();
  };
  const firstClean = await seconds(cleanRun);
  const clean = await best(cleanRun);
  const row = parts.head.norm(new Float32Array(spec.decoder.hidden).fill(1));
  await parts.head.run(row, []);
  const head = await best(() => parts.head.run(row, []));
  const sequence = fresh();
  const run = await sequence.clean();
  const resolve = (set: string): readonly number[] => example.info.sets[set];
  const knockouts = (edges: readonly string[], window: number): Knockout[] =>
    edges.map((edge) => {
      const [from, to] = edge.split('->');
      return { kind: 'edge', from, to, window };
    });
  const curves = (edges: readonly string[], window: number) => () =>
    computeCurves({
      parts,
      clean: run,
      length: input.length,
      knockouts: knockouts(edges, window),
      resolve,
      method: 'fork',
    });
  const six = await best(curves(PUBLISHED_EDGES, WINDOW));
  const sixWindow1 = await best(curves(PUBLISHED_EDGES, 1), 1);
  const click = await best(curves(['clicked->Question'], WINDOW));
  const cacheBytes = parts.prefixes.bytes;
  // The same image and one more token: what each further token of an answer takes.
  const token = await best(async () => {
    const one = new Sequence(parts, {
      length: input.prefix + 1,
      prefix: input.prefix,
      prefixKey: `full ${made - 1}`,
      prefixRows: async () => rows,
      sight: input.sight,
      positions: input.positions,
      textRows: async () => ({ rows: await parts.embed([5]) }),
    });
    await one.clean();
    one.release();
  });
  /** Rows through layers of six curves, as if the model had so many layers. */
  const work = (depth: number, window: number): number =>
    knockouts(PUBLISHED_EDGES, window).reduce((sum, k) => {
      const { first } = effectOf(k, resolve, input.length, spec.decoder.heads, input.sight);
      const variants = Array.from({ length: depth }, (_, l) => ({ effect: 0, ...activeLayers(k, l, depth) }));
      return sum + planCost(planForks(variants, depth)) * (input.length - (first ?? input.length));
    }, 0);
  const measured: Measured = {
    tokens: input.length,
    imageTokens: example.info.imageTokens,
    weightBytes: model.info.weightBytes,
    cacheBytes,
    layerBytes: layerBytes(spec),
    layers: spec.decoder.layers,
    ...{ read, load, image, head, firstClean, clean, token, curves: six, curvesWindow1: sixWindow1, click },
    work: { window1: work(spec.decoder.layers, 1), full: work(FULL_SHAPES[name].layers, WINDOW) },
    peak: (status('self', 'VmHWM') || process.resourceUsage().maxRSS * 1024) - empty,
  };
  sequence.release();
  await model.close();
  process.stdout.write(JSON.stringify(measured));
}

/** Bytes of the first decoder layer's tensors. */
function layerBytes(spec: Awaited<ReturnType<typeof openCheckpoint>>): number {
  let sum = 0;
  const add = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { length, offset } = value as { length?: unknown; offset?: unknown };
    if (typeof length === 'number' && typeof offset === 'number') sum += length;
    else Object.values(value).forEach(add);
  };
  add(spec.decoder.weights.layers[0]);
  return sum;
}

function report(m: Measured, anonymous: number, allLayers: number): void {
  const allowed = m.weightBytes + m.cacheBytes + DEFAULT_CHUNK_BUDGET;
  const runs = (s: number): string => `${s.toFixed(2)} s  = ${(s / m.clean).toFixed(2)} clean runs`;
  line('tokens', `${m.tokens}, of which ${m.imageTokens} of the image`);
  line('weights on disk', `${gb(m.weightBytes)}, read from page cache or disk in ${m.read.toFixed(2)} s`);
  line('load (decoder, head, vision tower)', `${m.load.toFixed(2)} s`, m.load < 3);
  line('image: vision tower and projector', `${m.image.toFixed(2)} s`);
  line('clean run, the first', `${m.firstClean.toFixed(2)} s`);
  line('clean run', `${m.clean.toFixed(2)} s`);
  line('each further answer token', `${m.token.toFixed(2)} s, of which output matrix ${m.head.toFixed(2)} s`);
  line(`six curves, window ${WINDOW}`, runs(m.curves), m.curves / m.clean <= 2.5);
  line('six curves, window 1', runs(m.curvesWindow1));
  line('one more edge (a click)', runs(m.click));
  const of = `weights ${gb(m.weightBytes)} + caches ${gb(m.cacheBytes)} + chunk budget ${gb(DEFAULT_CHUNK_BUDGET)}`;
  line('peak memory (VmHWM)', `${gb(m.peak)}  = ${(m.peak / allowed).toFixed(2)} of ${of}`, m.peak / allowed < 1.25);
  if (anonymous > 0) line('of it anonymous, at its height', gb(anonymous));
  const clean = m.head + ((m.clean - m.head) / m.layers) * allLayers;
  const curves = (m.curvesWindow1 / m.work.window1) * m.work.full;
  const weights = m.weightBytes + (allLayers - m.layers) * m.layerBytes;
  const caches = (m.cacheBytes / m.layers) * allLayers;
  console.log(`  Extrapolated to ${allLayers} layers, not measured:`);
  line('weights, caches', `${gb(weights)}, ${gb(caches)}`);
  line('clean run', `${clean.toFixed(0)} s`);
  line(`six curves, window ${WINDOW}`, `${curves.toFixed(0)} s  = ${(curves / clean).toFixed(1)} clean runs`);
  line('peak memory', gb(m.peak + weights - m.weightBytes + caches - m.cacheBytes));
}

function line(what: string, value: string, met?: boolean): void {
  const goal = met === undefined ? '' : met ? '  (goal met)' : '  (goal MISSED)';
  console.log(`  ${what.padEnd(36)}${value}${flags.quick ? '' : goal}`);
}

const gb = (bytes: number): string => `${(bytes / GB).toFixed(2)} GB`;

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

/** The fastest of two: what else the machine does only ever adds. */
async function best(run: () => Promise<unknown>, times = 2): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push(await seconds(run));
  return Math.min(...all);
}

/** Reads the files from start to end, as fast as they come. */
async function readAll(files: readonly string[]): Promise<void> {
  const buffer = new Uint8Array(16 * 1024 ** 2);
  for (const file of files) {
    const handle = await open(file, 'r');
    while ((await handle.read(buffer, 0, buffer.length)).bytesRead > 0);
    await handle.close();
  }
}

if (flags.child !== undefined) await child(flags.child, names[0]);
else await main();
