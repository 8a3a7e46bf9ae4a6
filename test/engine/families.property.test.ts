/**
 * What any family may ask of the engine, at random: who sees whom, windows, ropes and axes, norms, caps, additions. Runs
 * in pieces and forks equal a decoder written out plainly (test/support/reference.ts).
 */
import assert from 'node:assert/strict';
import { readRows } from '../../src/core/checkpoint/read';
import type { Added } from '../../src/core/engine/cache';
import { computeCurves } from '../../src/core/engine/curves';
import { CHECK_TOLERANCE } from '../../src/core/engine/example';
import type { Parts } from '../../src/core/engine/parts';
import { Positions } from '../../src/core/engine/positions';
import { attentionOf, residualPath } from '../../src/core/engine/readings';
import type { CleanRun } from '../../src/core/engine/sequence';
import { Sight } from '../../src/core/engine/sight';
import type { Span } from '../../src/core/engine/types';
import type { Knockout } from '../../src/core/experiment/types';
import type { DecoderSpec, LayerKind, Rope } from '../../src/core/spec';
import { decoderParts, randomSequence } from '../support/parts';
import { ReferenceDecoder, type ReferenceRun } from '../support/reference';
import { type Extras, random, type Shape, writeDecoder } from '../support/synthetic';
import { temporaryFolder } from '../support/temporary';

/** A family is a decoder; each is asked about several sequences. */
const FAMILIES = 12;
const SEQUENCES = 4;
/** CROSSFLOW_SEED=N runs one sequence again. */
const ONLY = process.env.CROSSFLOW_SEED === undefined ? undefined : Number(process.env.CROSSFLOW_SEED);
/** Of the largest value: float32 against doubles. */
const SCALE = 2e-5;

class Chance {
  constructor(readonly next: () => number) {}
  upTo = (n: number): number => Math.floor(this.next() * n);
  maybe = <T>(value: T): T | undefined => (this.next() < 0.5 ? value : undefined);
  one = <T>(list: readonly T[]): T => list[this.upTo(list.length)];
  some = (from: number, to: number, share = 0.3): number[] => {
    const all = Array.from({ length: to - from }, (_, i) => from + i).filter(() => this.next() < share);
    return all.length > 0 ? all : [from + this.upTo(to - from)];
  };
}

const HEAD_DIM = 16;

function randomExtras(c: Chance, layers: number): Extras {
  const sections = (): Pick<Rope, 'sections'> => {
    const h = 1 + c.upTo(2);
    return { sections: { sizes: [HEAD_DIM / 2 - h - 2, h, 2], interleaved: c.next() < 0.5 } };
  };
  const rope = (): Rope => ({
    theta: c.one([100, 10000]),
    ...(c.next() < 0.5 && sections()),
    ...(c.next() < 0.3 && { scaling: { type: 'linear', factor: 8 } as const }),
  });
  const ropes = c.next() < 0.5 ? [rope()] : [rope(), rope()];
  const kinds = Array.from({ length: layers }, (): LayerKind => {
    const window = c.maybe(3 + c.upTo(6));
    return { rope: c.upTo(ropes.length), ...(window && { window }) };
  });
  const cap = { attentionCap: c.maybe(1.5), logitCap: c.maybe(4) };
  return {
    headDim: HEAD_DIM,
    attentionScale: c.one([0.25, 0.4]),
    activation: c.one(['silu', 'gelu_tanh']),
    ...(cap.attentionCap && { attentionCap: cap.attentionCap }),
    ...(cap.logitCap && { logitCap: cap.logitCap }),
    ...(c.next() < 0.5 && { embeddingScale: 3 }),
    biases: (['query', 'key', 'value', 'output', 'gate', 'up', 'down'] as const).filter(() => c.next() < 0.3),
    headNorms: c.next() < 0.5,
    outputNorms: c.next() < 0.5,
    normOffset: c.one([0, 1]),
    ropes,
    kinds,
    additions: Array.from({ length: layers - 1 }, (_, l) => l).filter(() => c.next() < 0.3),
  };
}

interface Asked {
  readonly length: number;
  readonly picture: Span;
  readonly sight: Sight;
  readonly positions: Positions;
  readonly added: Added;
  readonly budget: number;
}

function randomQuestion(c: Chance, { hidden, additions }: DecoderSpec): Asked {
  const length = 6 + c.upTo(26);
  const start = c.upTo(length - 3);
  const rows = 1 + c.upTo(length - start - 2);
  const axes = Array.from({ length: rows }, () => [c.upTo(4), c.upTo(4), c.upTo(4)] as const);
  const run = c.maybe({ start, axes, advance: 1 + c.upTo(6) });
  const picture: Span = [start, start + rows];
  return {
    length,
    picture,
    sight: new Sight(c.one([undefined, picture, [0, length]])),
    positions: new Positions(c.upTo(2), run),
    added: { start, features: additions.map(() => Float32Array.from({ length: rows * hidden }, () => c.next() - 0.5)) },
    budget: 2 ** (10 + c.upTo(12)),
  };
}

function assertNear(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  assert.equal(got.length, want.length, `${what}: length`);
  let [scale, worst] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    scale = Math.max(scale, Math.abs(want[i]));
    worst = Math.max(worst, Math.abs(got[i] - want[i]));
  }
  assert.ok(worst <= SCALE * scale, `${what}: off by ${worst} where the largest value is ${scale}`);
}

describe('what families may ask of the engine', () => {
  const folder = temporaryFolder();
  for (let family = 0; family < FAMILIES; family++) {
    it(`random family ${family}`, async () => {
      const c = new Chance(random(7000 + family));
      const kvHeads = c.one([1, 2, 4]);
      const shape: Shape = { layers: 3 + c.upTo(3), hidden: 24, heads: 4, kvHeads, intermediate: 40, vocab: 40 };
      const spec = await writeDecoder(folder.join(String(family)), shape, 'f32', family, randomExtras(c, shape.layers));
      const reference = await ReferenceDecoder.open(spec);
      for (let i = 0; i < SEQUENCES; i++) {
        const seed = family * SEQUENCES + i;
        if (ONLY !== undefined && ONLY !== seed) continue;
        try {
          await ask(spec, reference, seed);
        } catch (e) {
          throw new Error(`again: CROSSFLOW_SEED=${seed}`, { cause: e });
        }
      }
    });
  }
});

async function ask(spec: DecoderSpec, reference: ReferenceDecoder, seed: number): Promise<void> {
  const c = new Chance(random(9000 + seed));
  const asked = randomQuestion(c, spec);
  const { length, sight, positions, added, budget, picture } = asked;
  const parts = await decoderParts(spec, { threads: 1, chunkBudget: budget });
  const given = { sight, positions, added, prefixKey: 'picture' };
  // Another question on the picture before or beside it: it takes over or copies what the other left.
  const other = randomSequence(parts, length, picture[1], seed, { ...given, question: seed });
  const sequence = randomSequence(parts, length, picture[1], seed, given);
  try {
    const before = c.one(['nothing', 'released', 'held'] as const);
    if (before !== 'nothing') await other.clean();
    if (before === 'released') other.release();
    // A layer a call, or all at once.
    const clean = await sequence.clean({ callSeconds: c.one([0, Infinity]) });
    const { hidden } = spec;
    const rows = (values: Float32Array): number[][] =>
      Array.from({ length: values.length / hidden }, (_, t) =>
        Array.from(values.subarray(t * hidden, (t + 1) * hidden)),
      );
    const plain: ReferenceRun = {
      rows: rows(clean.cache.residualRows(0, 0, length)),
      positions,
      sees: (l, t, s) => sight.sees(t, s, spec.kinds[l].window),
      added: (l, t) => {
        const i = spec.additions.indexOf(l);
        if (i < 0 || t < picture[0] || t >= picture[1]) return undefined;
        return rows(added.features[i])[t - picture[0]];
      },
    };
    await checkClean(parts, clean, reference, plain, asked, c);
    await checkKnockouts(parts, clean, reference, plain, asked, c);
  } finally {
    sequence.release();
    await parts.close();
  }
}

/** The clean run, whatever pieces it was made in; what is read off it; the answer's second token, at its own position. */
async function checkClean(
  parts: Parts,
  clean: CleanRun,
  reference: ReferenceDecoder,
  plain: ReferenceRun,
  { length }: Asked,
  c: Chance,
): Promise<void> {
  const { layers, heads } = parts.decoder.spec;
  const { residuals, attention } = reference.run(plain);
  for (let l = 0; l < layers; l++) {
    assertNear(clean.cache.residualRows(l, 0, length), residuals[l].flat(), `residuals of layer ${l}`);
  }
  assertNear(clean.final, residuals[layers][length - 1], 'output');
  const probabilities = reference.probabilities(residuals[layers][length - 1]);
  assert.ok(Math.abs(clean.probability - probabilities[clean.ids[0]]) < CHECK_TOLERANCE, 'probability of the answer');

  const row = c.upTo(length);
  const path = await residualPath(parts, clean, length, row);
  assertNear(
    path,
    residuals.flatMap((of) => of[row]),
    `residuals of row ${row}`,
  );

  const first = c.upTo(length);
  const count = 1 + c.upTo(length - first);
  const read = await attentionOf(parts, clean, first, count);
  for (let l = 0; l < layers; l++) {
    const want = Array.from({ length: heads }, (_, h) =>
      Array.from({ length: count }, (_, i) => attention[l][h][first + i].slice(0, read.columns)),
    );
    assertNear(read.layers[l], want.flat(2), `attention of layer ${l}, rows ${first} on`);
    const behind = Array.from({ length: heads * count }, (_, i) =>
      attention[l][Math.floor(i / count)][first + (i % count)].slice(read.columns),
    );
    assert.ok(
      behind.flat().every((p) => p === 0),
      'nothing is seen behind the columns that are given',
    );
  }

  if (clean.ids.length < 2) return;
  const { weights, embeddingScale = 1 } = parts.decoder.spec;
  const token = Array.from(await readRows(weights.embedding, [clean.ids[0]]), (value) => value * embeddingScale);
  const longer = reference.run({ ...plain, rows: [...plain.rows, token] });
  const next = reference.probabilities(longer.residuals[layers][length]);
  assert.equal(clean.ids[1], next.indexOf(Math.max(...next)), 'second token of the answer');
}

/** Forks equal full passes, and full passes the reference. */
async function checkKnockouts(
  parts: Parts,
  clean: CleanRun,
  reference: ReferenceDecoder,
  plain: ReferenceRun,
  { length, picture, budget }: Asked,
  c: Chance,
): Promise<void> {
  const { layers, heads } = parts.decoder.spec;
  const sets: Record<string, readonly number[]> = {
    a: c.some(0, length),
    // in the middle of the picture, where rows before the target may see it
    b: c.some(picture[0], picture[1]),
    Last: [length - 1],
    dropped: c.some(0, length - 1),
  };
  const any = (): string => c.one(['a', 'b', 'Last']);
  const window = (): number => 1 + c.upTo(layers);
  const blocked = c.some(0, heads, 0.5);
  const knockouts: Knockout[] = [
    { kind: 'edge', from: any(), to: 'b', window: window() },
    { kind: 'edge', from: any(), to: any(), window: window() },
    { kind: 'edge', from: 'b', to: 'Last', window: window() },
    { kind: 'edge', from: any(), to: any(), window: window(), heads: blocked },
    { kind: c.one(['attention', 'mlp'] as const), of: any(), window: window() },
    { kind: 'prune', of: 'dropped' },
  ];
  const input = { parts, clean, length, knockouts, resolve: (set: string) => sets[set], budget };
  const forked = await computeCurves({ ...input, method: 'fork' });
  const full = await computeCurves({ ...input, method: 'full' });
  forked.forEach((curve, k) =>
    curve.scores.forEach((score, l) => {
      const want = full[k].scores[l];
      assert.ok(Math.abs(score - want) <= CHECK_TOLERANCE, `${curve.edge} at ${l}: ${score} for ${want}`);
    }),
  );

  const k = c.upTo(knockouts.length);
  const centre = c.upTo(layers);
  const run = { ...plain, ...knockedOut(knockouts[k], centre, layers, sets) };
  const out = reference.run(run).residuals[layers][length - 1];
  const want = reference.probabilities(out)[clean.ids[0]];
  const got = full[k].scores[centre];
  assert.ok(
    Math.abs(got - want) <= CHECK_TOLERANCE,
    `${full[k].edge} at ${centre}: ${got} for ${want} by the reference`,
  );
}

/** What a knockout does, from its definition (docs and published code): windows by centre layer, rows by sets. */
function knockedOut(
  k: Knockout,
  centre: number,
  layers: number,
  sets: Record<string, readonly number[]>,
): Pick<ReferenceRun, 'headSees' | 'scale'> {
  const [from, to] =
    k.kind === 'prune' ? [centre + 1, layers] : [centre - Math.floor(k.window / 2), centre + Math.ceil(k.window / 2)];
  const active = (l: number): boolean => l >= from && l < to;
  if (k.kind === 'attention' || k.kind === 'mlp') {
    return { scale: (l, kind, t) => (active(l) && kind === k.kind && sets[k.of].includes(t) ? 0 : 1) };
  }
  if (k.kind === 'edge') {
    return {
      headSees: (l, h, t, s) =>
        !(active(l) && (k.heads?.includes(h) ?? true) && sets[k.to].includes(t) && sets[k.from].includes(s)),
    };
  }
  const dropped = sets[k.of];
  return { headSees: (l, _, t, s) => !(active(l) && dropped.includes(s) && !dropped.includes(t)) };
}
