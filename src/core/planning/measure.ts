/**
 * Measured layers: a decoder of one layer of this very checkpoint (a few, where they are small) runs at the sizes a plan
 * asks about, and so do the output matrix and a piece of the vision tower. A call of a layer takes a fixed time (its
 * weights are read, and widened where they are f16) and a time for each row, so two sizes give both.
 */
import { performance } from 'node:perf_hooks';
import { closeFiles } from '../checkpoint/read';
import type { DecoderSpec, ModelSpec, Size } from '../spec';
import { step } from '../engine/control';
import { Decoder, type DecoderOutput } from '../engine/decoder';
import { Head } from '../engine/head';
import { type Blocked, groupMask } from '../engine/masks';
import { weightStore } from '../engine/parts';
import type { WeightStore } from '../engine/session';
import { Sight } from '../engine/sight';
import { Tower } from '../engine/tower';
import type { EngineOptions, RunControl } from '../engine/types';
import type { Call, Shape, Work } from './work';

/** Seconds that a call takes: `fixed + perRow * rows`. */
export interface Line {
  readonly fixed: number;
  readonly perRow: number;
}

/** A layer's line for calls of about this shape. */
export interface LayerLine extends Line, Shape {}

export interface Times {
  /** Clean runs: one group, everything kept. */
  readonly single: readonly LayerLine[];
  /** Knockouts: groups over a shared past. */
  readonly forked: readonly LayerLine[];
  readonly head: Line;
  /** The vision tower, by pixel of its views. */
  readonly pixel: number;
  /** Loading decoder, output matrix and tower. */
  readonly load: number;
  /** Reading the decoder's weights from the disk for the first time, where they did not lie in memory yet. */
  readonly read: number;
}

/** Rows of a measuring call at most. Beyond them a row costs the same. */
const MOST_ROWS = 256;
/** Knockouts whose rows differ by less are measured once. */
const SAME_ROWS = 1.5;
/** Kinds of knockout that are measured; others take the nearest one's line. */
const MOST_LINES = 4;
const REPEATS = 2;
/** Small layers are measured several at a time, as they run: a single one is nearly all overhead. */
const SLICE_BYTES = 64 * 1024 ** 2;
const MOST_SLICE = 4;
/** Layers of the vision tower: the two slices whose difference is a layer. */
const TOWER_SLICES = [1, 3] as const;

/** @throws CrossflowError as loading does; `cancelled` when stopped */
export async function measure(
  spec: ModelSpec,
  options: EngineOptions,
  works: readonly Work[],
  control?: RunControl,
): Promise<Times> {
  const weights = weightStore(spec);
  try {
    await step(control, 'load', 0, 3);
    const decoder = await measureDecoder(spec.decoder, weights, options, works, control);
    await step(control, 'load', 1, 3);
    const head = await measureHead(spec.decoder, weights, options, works);
    await step(control, 'load', 2, 3);
    const tower = await measureTower(spec, weights, options, works[0].view);
    await step(control, 'load', 3, 3);
    return {
      single: decoder.single,
      forked: decoder.forked,
      read: decoder.read,
      head: head.line,
      pixel: tower.seconds / (works[0].view.width * works[0].view.height),
      load: decoder.load + head.load + tower.load,
    };
  } finally {
    await closeFiles(spec.files.map((f) => f.path));
  }
}

async function timed<T>(run: () => Promise<T>): Promise<[number, T]> {
  const start = performance.now();
  const result = await run();
  return [(performance.now() - start) / 1000, result];
}

/** The better of the tries; `first` is the very first one. */
async function best(run: () => Promise<unknown>): Promise<{ seconds: number; first: number }> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) times.push((await timed(run))[0]);
  return { seconds: Math.min(...times), first: times[0] };
}

/** A line through two measured sizes; noise can turn neither part negative. */
function lineOf(small: [rows: number, seconds: number], large: [rows: number, seconds: number]): Line {
  if (large[0] <= small[0]) return { fixed: 0, perRow: large[1] / large[0] };
  const slope = (large[1] - small[1]) / (large[0] - small[0]);
  const perRow = Math.min(Math.max(slope, 0), large[1] / large[0]);
  return { fixed: Math.max(0, large[1] - perRow * large[0]), perRow };
}

async function measureDecoder(
  spec: DecoderSpec,
  weights: WeightStore,
  options: EngineOptions,
  works: readonly Work[],
  control?: RunControl,
): Promise<Pick<Times, 'single' | 'forked' | 'load' | 'read'>> {
  const slice = sliceOf(spec);
  const [load, decoder] = await timed(() => Decoder.create(slice, weights, options));
  const share = spec.layers / slice.layers;
  try {
    const layer = new MeasuredLayer(decoder, slice);
    // The very first call also brings the weights in from the disk.
    const [cold] = await timed(() => layer.run({ past: 0, rows: 1 }, 1, true));
    const warm = await best(() => layer.run({ past: 0, rows: 1 }, 1, true));
    const single: LayerLine[] = [];
    for (const shape of typical(works, (w) => [...w.prefixCalls, ...w.textCalls])) {
      await step(control, 'load', 0, 3);
      single.push({ ...shape, ...(await layer.singleLine(shape)) });
    }
    const forked: LayerLine[] = [];
    for (const shape of typical(works, (w) => (w.full ? w.clickCalls : [...w.knockoutCalls, ...w.clickCalls]))) {
      await step(control, 'load', 0, 3);
      forked.push({ ...shape, ...(await layer.forkedLine(shape)) });
    }
    return { single, forked, load: load * share, read: Math.max(0, cold - warm.seconds) * share };
  } finally {
    await decoder.close();
  }
}

/** Layers of other kinds differ in their masks and angles alone: they take the same time. */
function sliceOf(spec: DecoderSpec): DecoderSpec {
  const [first] = spec.weights.layers;
  const bytes = 4 * (first.gate.weight.shape[0] * 3 + 4 * spec.hidden) * spec.hidden;
  const layers = Math.max(1, Math.min(spec.layers, MOST_SLICE, Math.floor(SLICE_BYTES / bytes)));
  const weights = { ...spec.weights, layers: spec.weights.layers.slice(0, layers) };
  return { ...spec, layers, kinds: spec.kinds.slice(0, layers), additions: [], weights };
}

/** The shapes that make up most of the rows, shapes of nearly the same rows taken together. */
function typical(works: readonly Work[], calls: (w: Work) => readonly Call[]): Shape[] {
  const kinds: { shape: Shape; cost: number }[] = [];
  for (const { past, rows, groups } of works.flatMap((w) => calls(w))) {
    const cost = rows * groups.reduce((a, b) => a + b, 0);
    const known = kinds.find(
      (k) => Math.max(k.shape.rows, rows) / Math.min(k.shape.rows, rows) < SAME_ROWS && k.shape.past > 0 === past > 0,
    );
    if (known) known.cost += cost;
    else kinds.push({ shape: { past, rows }, cost });
  }
  kinds.sort((a, b) => b.cost - a.cost);
  return kinds.slice(0, MOST_LINES).map((k) => k.shape);
}

/** Layers that run on rows of no meaning: times do not hang on values. */
class MeasuredLayer {
  constructor(
    private readonly decoder: Decoder,
    private readonly spec: DecoderSpec,
  ) {}

  async singleLine(shape: Shape): Promise<Line> {
    const large = Math.min(shape.rows, MOST_ROWS);
    // A part of the rows in the middle sees as many columns as the rows do on average.
    const at = (rows: number): Shape => ({ past: shape.past + Math.floor((shape.rows - rows) / 2), rows });
    const small = Math.max(1, Math.floor(large / 16));
    const seconds = async (rows: number): Promise<number> =>
      (await best(() => this.run(at(rows), 1, true))).seconds / this.spec.layers;
    return lineOf([small, small < large ? await seconds(small) : 0], [large, await seconds(large)]);
  }

  async forkedLine(shape: Shape): Promise<Line> {
    const rows = Math.min(shape.rows, MOST_ROWS);
    const cut = { past: shape.past + shape.rows - rows, rows };
    // Without frozen rows before them, groups cannot share a call.
    const groups = cut.past === 0 ? 1 : Math.max(1, Math.floor(MOST_ROWS / rows));
    const seconds = async (count: number): Promise<number> =>
      (await best(() => this.run(cut, count, false))).seconds / this.spec.layers;
    const few = Math.max(1, Math.floor(groups / 16));
    return lineOf([few * rows, few < groups ? await seconds(few) : 0], [groups * rows, await seconds(groups)]);
  }

  run({ past, rows }: Shape, groups: number, keepAll: boolean): Promise<DecoderOutput> {
    const { layers, hidden, kvHeads, headDim } = this.spec;
    const causal = new Sight().mask(past, rows);
    const blocked = { data: causal.data.slice() };
    const mask = keepAll
      ? { allow: causal }
      : groupMask(new Array<Blocked>(groups).fill(blocked), causal, this.spec, 'all');
    const enter = new Float32Array(groups * rows * hidden).fill(1);
    const frozen = Array.from({ length: layers }, () => new Float32Array(past * kvHeads * headDim));
    return this.decoder.run({
      past,
      rows,
      single: groups === 1 && keepAll,
      layers: Array.from({ length: layers }, (_, l) => (l === 0 ? { enter, ...mask } : mask)),
      pastKeys: frozen,
      pastValues: frozen,
      select: Array.from({ length: groups * rows }, (_, i) => i),
      selectRows: rows,
      keepAll,
    });
  }
}

async function measureHead(
  spec: DecoderSpec,
  weights: WeightStore,
  options: EngineOptions,
  works: readonly Work[],
): Promise<{ line: Line; load: number }> {
  const [load, head] = await timed(() => Head.create(spec, weights, options));
  try {
    const large = Math.max(2, ...works.map((w) => Math.min(64, w.lensRows)));
    const seconds = async (rows: number): Promise<number> => {
      const values = new Float32Array(rows * spec.hidden).fill(1);
      return (await best(() => head.run(values, []))).seconds;
    };
    return { line: lineOf([1, await seconds(1)], [large, await seconds(large)]), load };
  } finally {
    await head.close();
  }
}

/** One view through slices of the tower; the difference of the slices is what a block takes. */
async function measureTower(
  spec: ModelSpec,
  weights: WeightStore,
  options: EngineOptions,
  view: Size,
): Promise<{ seconds: number; load: number }> {
  const all = spec.eye.tower.blocks.length;
  const [few, more] = TOWER_SLICES.map((n) => Math.min(n, all));
  const slice = async (count: number): Promise<{ seconds: number; load: number }> => {
    const { eye } = spec;
    const part = { ...eye.tower, blocks: eye.tower.blocks.slice(0, count), taps: [] };
    const [load, tower] = await timed(() => Tower.create({ ...spec, eye: { ...eye, tower: part } }, weights, options));
    try {
      return { seconds: (await best(() => tower.measure(view, 1))).seconds, load };
    } finally {
      await tower.close();
    }
  };
  const a = await slice(few);
  if (more === few) return a;
  const b = await slice(more);
  const grown = (x: number, y: number): number => x + (Math.max(0, y - x) / (more - few)) * (all - few);
  return { seconds: grown(a.seconds, b.seconds), load: grown(a.load, b.load) };
}
