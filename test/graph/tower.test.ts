/** Towers of any make, at random, against one that is written out plainly. */
import assert from 'node:assert/strict';
import { f32, floats, Session } from '../../src/core/engine/session';
import { towerInputs } from '../../src/core/engine/tower-inputs';
import { towerGraph } from '../../src/core/graph/vit/tower';
import type { Activation, BlockRef, LinearRef, Merge, NormKind, NormRef, Size, Step, TensorRef, TowerSpec } from '../../src/core/spec'; // prettier-ignore
import { readAll, ReferenceTower } from '../support/reference-tower';
import { type Plan, random, writeTensors } from '../support/synthetic';
import { temporaryFolder } from '../support/temporary';

const TOWERS = 40;
/** CROSSFLOW_SEED=N runs one tower again. */
const ONLY = process.env.CROSSFLOW_SEED === undefined ? undefined : Number(process.env.CROSSFLOW_SEED);
const WIDTH = 16;
const HEADS = 2;
const INNER = 24;
const OUT = 20;
const PATCH = 3;

/** A tower's tensors are planned first and found when they are written: the spec is made twice, by the same choices. */
type Find = (name: string) => TensorRef;

class Maker {
  readonly plans: Plan[] = [];
  private readonly next: () => number;
  constructor(
    seed: number,
    private readonly find?: Find,
  ) {
    this.next = random(seed);
  }
  upTo = (n: number): number => Math.floor(this.next() * n);
  chance = (share = 0.5): boolean => this.next() < share;
  one = <T>(list: readonly T[]): T => list[this.upTo(list.length)];

  tensor(shape: readonly number[], scale: number, middle = 0): TensorRef {
    const name = `t${this.plans.length}`;
    this.plans.push({ name, shape, scale, middle });
    return this.find?.(name) ?? { name, shape, file: '', dtype: 'f32', offset: 0, length: 0 };
  }
  linear(out: number, width: number, transposed = false): LinearRef {
    const weight = this.tensor(transposed ? [width, out] : [out, width], 1.2 / Math.sqrt(width));
    return { weight, ...(this.chance() && { bias: this.tensor([out], 0.3) }), ...(transposed && { transposed }) };
  }
  norm(width: number, { kind, offset = 0 }: NormKind): NormRef {
    const weight = this.tensor([width], 0.3, 1 - offset);
    return { weight, ...(kind === 'layer' && { bias: this.tensor([width], 0.3) }) };
  }
  kind(): NormKind {
    const kind = this.one(['layer', 'rms'] as const);
    return { kind, epsilon: 1e-6, ...(this.chance(0.3) && { offset: 1 as const }) };
  }

  block(norm: NormKind): BlockRef {
    const activation = this.one<Activation>(['quick_gelu', 'gelu', 'gelu_tanh', 'silu', 'relu']);
    const headWidth = this.one([undefined, WIDTH / HEADS, WIDTH]);
    const headNorms = headWidth && { queryNorm: this.norm(headWidth, norm), keyNorm: this.norm(headWidth, norm) };
    const scales = this.chance() && { scale1: this.tensor([WIDTH], 0.5), scale2: this.tensor([WIDTH], 0.5) };
    return {
      norm1: this.norm(WIDTH, norm),
      query: this.linear(WIDTH, WIDTH),
      key: this.linear(WIDTH, WIDTH),
      value: this.linear(WIDTH, WIDTH),
      output: this.linear(WIDTH, WIDTH),
      ...headNorms,
      ...scales,
      norm2: this.norm(WIDTH, norm),
      mlp: this.chance()
        ? { kind: 'plain', first: this.linear(INNER, WIDTH), second: this.linear(WIDTH, INNER), activation }
        : {
            kind: 'gated',
            gate: this.linear(INNER, WIDTH),
            up: this.linear(INNER, WIDTH),
            down: this.linear(WIDTH, INNER),
            activation,
          },
    };
  }

  steps(merge: Merge): Step[] {
    const width = merge.kind === 'join' ? WIDTH * merge.factor ** 2 : WIDTH;
    const as = this.kind();
    const before = this.chance();
    const norm = this.chance()
      ? [{ norm: this.norm(before ? WIDTH : width, as), as, ...(before && { beforeMerge: true as const }) }]
      : [];
    const inner = { linear: this.linear(INNER, width, this.chance(0.3)), activation: 'gelu' as const };
    return [...norm, inner, { linear: this.linear(OUT, INNER) }];
  }

  /** `view`: its patches are a multiple of 2 on each side; the pixels need not be a multiple of the patch. */
  tower(): { tower: TowerSpec; view: Size; fixed: boolean } {
    const norm = this.kind();
    const frames = this.chance();
    const [rows, columns] = [2 + 2 * this.upTo(3), 2 + 2 * this.upTo(3)];
    const view = { height: rows * PATCH + this.upTo(PATCH), width: columns * PATCH + this.upTo(PATCH) };
    const merge = frames
      ? ({ kind: 'join', factor: 2 } as const)
      : this.one<Merge>([
          { kind: 'none', dropClass: true },
          { kind: 'none', dropClass: false },
          { kind: 'join', factor: 2 },
          { kind: 'average', factor: 2 },
        ]);
    const classed = !frames && this.chance();
    const side = 3 + this.upTo(4);
    const positions = classed ? 'table' : this.one(['table', 'interpolated', 'bucketed', 'none'] as const);
    const inBlocks = frames && positions === 'table';
    const bias = this.chance() && { bias: this.tensor([WIDTH], 0.3) };
    const blocks = 1 + this.upTo(3);
    const windowed = frames && this.chance();
    const taps = frames ? Array.from({ length: this.upTo(3) }, () => ({ after: this.upTo(blocks), merge })) : [];
    const tower: TowerSpec = {
      hidden: WIDTH,
      heads: HEADS,
      norm,
      patchSize: PATCH,
      patch: frames
        ? { kind: 'frames', frames: 2, weight: this.tensor([WIDTH, 3, 2, PATCH, PATCH], 0.2), ...bias }
        : { kind: 'conv', weight: this.tensor([WIDTH, 3, PATCH, PATCH], 0.2), ...bias },
      ...(classed && { classRow: this.tensor([1, 1, WIDTH], 1) }),
      positions:
        positions === 'none' || inBlocks
          ? { kind: 'none' }
          : positions === 'table'
            ? { kind: 'table', table: this.tensor([rows * columns + (classed ? 1 : 0), WIDTH], 0.5) }
            : { kind: positions, side, table: this.tensor([side * side, WIDTH], 0.5) },
      ...(!classed && this.chance() && { rope2d: { theta: 100 } }),
      ...(this.chance() && { before: this.norm(WIDTH, norm) }),
      blocks: Array.from({ length: blocks }, () => this.block(norm)),
      ...(windowed && { window: { pixels: 4 * PATCH, full: [this.upTo(blocks)] } }),
      ...(this.chance() && { after: this.norm(WIDTH, norm) }),
      merge,
      project: this.steps(merge),
      taps: taps.sort((a, b) => a.after - b.after).map((tap) => ({ ...tap, project: this.steps(merge) })),
    };
    return { tower, view, fixed: positions === 'table' || this.chance() };
  }

  pixels(count: number): Float32Array {
    return Float32Array.from({ length: count }, () => 2 * this.next() - 1);
  }
}

describe('towers of any make', () => {
  const folder = temporaryFolder();
  for (let seed = 0; seed < TOWERS; seed++) {
    if (ONLY !== undefined && ONLY !== seed) continue;
    it(`tower ${seed} (again: CROSSFLOW_SEED=${seed})`, async () => {
      const planned = new Maker(seed);
      planned.tower();
      const maker = new Maker(seed, await writeTensors(folder.join(String(seed)), planned.plans, 'f32', seed));
      const { tower, view, fixed } = maker.tower();
      const views = tower.window ? 1 : 2;
      const { width, height } = view;
      const pixels = maker.pixels(views * 3 * width * height);
      const graph = towerGraph(tower, OUT, folder.join(String(seed)), fixed ? view : undefined);
      const weights = { folder: folder.join(String(seed)), mapped: false };
      const session = await Session.create('vision', graph, weights, { threads: 1 });
      const feeds = { pixels: f32(pixels, [views, 3, height, width]), ...towerInputs(tower, view) };
      const names = ['features', ...tower.taps.map((_, i) => `tap.${i}`)];
      const out = await session.run(feeds, names);
      await session.close();

      const reference = new ReferenceTower(tower, await readAll(tower));
      const wanted = Array.from({ length: views }, (_, v) => {
        const line = (c: number, y: number): number[] => {
          const from = ((v * 3 + c) * height + y) * width;
          return Array.from(pixels.subarray(from, from + width));
        };
        return reference.run([0, 1, 2].map((c) => Array.from({ length: height }, (_, y) => line(c, y))));
      });
      names.forEach((name, n) => {
        const want = wanted.flatMap(({ features, taps }) => (n === 0 ? features : taps[n - 1])).flat();
        const got = floats(out[name]);
        assert.equal(got.length, want.length, name);
        const scale = Math.max(...want.map(Math.abs));
        const worst = Math.max(...want.map((w, i) => Math.abs(w - got[i])));
        assert.ok(worst <= 1e-5 * scale, `${name}: off by ${worst} where the largest value is ${scale}`);
      });
    });
  }
});
