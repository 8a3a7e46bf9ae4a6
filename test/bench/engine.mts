/**
 * `npm run bench`: six knockout curves by forked rows and by full passes, in one run, as ratios.
 * Each model runs in a process of its own, so that peak memory is its own.
 */
import { spawnSync } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { computeCurves } from '../../src/core/engine/curves';
import { openModel } from '../../src/core/engine/model';
import type { Parts } from '../../src/core/engine/parts';
import { type CleanRun, Sequence, type SequenceInput } from '../../src/core/engine/sequence';
import { PUBLISHED_EDGES } from '../../src/core/experiment/names';
import { DEFAULT_INSTRUCTION, type Knockout } from '../../src/core/experiment/types';
import { loadGolden } from '../support/golden';
import { decoderParts, randomSequence } from '../support/parts';
import { type Shape, writeDecoder } from '../support/synthetic';

const SYNTHETIC: Shape = { layers: 16, hidden: 512, heads: 16, kvHeads: 16, intermediate: 1376, vocab: 32000 };
/** 33 system tokens, 576 image tokens, 32 of text: the published prompt of LLaVA-1.5. */
const TOKENS = { before: 33, image: 576, all: 641 };
const BUDGET = 256 * 1024 ** 2;
const REPEATS = 7;

interface Subject {
  readonly parts: Parts;
  readonly length: number;
  readonly sets: Readonly<Record<string, readonly number[]>>;
  readonly window: number;
  readonly weightBytes: number;
  /** The same question, run anew, without what an earlier run left. */
  fresh(): Sequence;
}

async function synthetic(): Promise<Subject> {
  const dir = join(tmpdir(), `crossflow-bench-${process.pid}`);
  const spec = await writeDecoder(dir, SYNTHETIC);
  const weightBytes = (await stat(spec.weights.embedding.file)).size;
  const parts = await decoderParts(spec, { chunkBudget: BUDGET }, true);
  await rm(dir, { recursive: true });
  const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
  const image = range(TOKENS.before, TOKENS.image);
  const object = image.filter((i) => i % 24 < 8 && i > 200 && i < 400);
  const inside = new Set(object);
  return {
    parts,
    length: TOKENS.all,
    window: 9,
    weightBytes,
    sets: {
      Image: image,
      Question: range(TOKENS.before + TOKENS.image, 13),
      Last: [TOKENS.all - 1],
      'Image Central Object': object,
      'Image Without Central Object': image.filter((i) => !inside.has(i)),
      clicked: image.slice(40, 43),
    },
    fresh: () => randomSequence(parts, TOKENS.all, TOKENS.before + TOKENS.image, 1),
  };
}

async function embedded(): Promise<Subject> {
  const golden = loadGolden('bundled');
  const c = golden.cases[0];
  const model = await openModel(golden.modelDir, { chunkBudget: BUDGET });
  const example = await model.prepare({
    image: join(golden.imagesDir, c.image),
    template: 'vicuna_v1',
    instruction: DEFAULT_INSTRUCTION,
    question: c.question,
    objects: c.boxes,
    sets: { clicked: { kind: 'patches', patches: [44, 45, 54] } },
  });
  const { input } = example.sequence;
  let count = 0;
  // The picture's own work is left out on both sides: it is the same for forked rows and full passes.
  const rows = await input.prefixRows();
  const again = (): SequenceInput => ({ ...input, prefixKey: `bench ${count++}`, prefixRows: async () => rows });
  return {
    parts: model.parts,
    length: input.length,
    sets: example.info.sets,
    window: 3,
    weightBytes: model.info.weightBytes,
    fresh: () => new Sequence(model.parts, again()),
  };
}

const SUBJECTS = { embedded, synthetic };

async function timed<T>(run: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const start = performance.now();
  const result = await run();
  return { seconds: (performance.now() - start) / 1000, result };
}

const x = (ratio: number): string => `${ratio.toFixed(2)} clean runs`;
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function bench(name: keyof typeof SUBJECTS): Promise<void> {
  const empty = process.memoryUsage.rss();
  const start = performance.now();
  const subject = await SUBJECTS[name]();
  const loaded = (performance.now() - start) / 1000;
  const { parts, length, sets, window } = subject;
  const { layers } = parts.decoder.spec;
  const knockout = (edge: string): Knockout => {
    const [from, to] = edge.split('->');
    return { kind: 'edge', from, to, window };
  };
  const cleanRun = async (): Promise<CleanRun> => {
    const sequence = subject.fresh();
    const run = await sequence.clean();
    sequence.release();
    return run;
  };
  // Held while others come and go: what the knockouts run over.
  const held = subject.fresh();
  const past = await held.clean();
  // A clean run gives the first answer token; the embedded model's answer has an end token more.
  const curves = (edges: readonly string[], method: 'fork' | 'full') =>
    computeCurves({
      parts,
      clean: past,
      length,
      knockouts: edges.map(knockout),
      resolve: (s) => sets[s],
      method,
    });
  const result = await curves(PUBLISHED_EDGES, 'fork');
  await cleanRun();
  // One of each in turn: what else the machine does meanwhile falls on all of them, and leaves their ratios.
  const rounds: { clean: number; forked: number; click: number }[] = [];
  for (let i = 0; i < REPEATS; i++) {
    rounds.push({
      clean: (await timed(cleanRun)).seconds,
      forked: (await timed(() => curves(PUBLISHED_EDGES, 'fork'))).seconds,
      click: (await timed(() => curves(['clicked->Question'], 'fork'))).seconds,
    });
  }
  const [clean, forked, click] = (['clean', 'forked', 'click'] as const).map((what) => {
    const ratios = rounds.map((round) => round[what] / round.clean);
    return {
      seconds: median(rounds.map((round) => round[what])),
      words: `${x(median(ratios))} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)} in ${REPEATS} rounds)`,
    };
  });
  const peak = process.resourceUsage().maxRSS * 1024;
  const full = await timed(() => curves(PUBLISHED_EDGES, 'full'));
  const difference = Math.max(
    ...result.flatMap((curve, i) => curve.scores.map((s, l) => Math.abs(s - full.result[i].scores[l]))),
  );
  const mb = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MB`;
  const ms = (s: number): string => (s < 10 ? `${(1000 * s).toFixed(0)} ms` : `${s.toFixed(1)} s`);
  const allowed = subject.weightBytes + parts.prefixes.bytes + BUDGET;
  console.log(
    `${name}: ${layers} layers, width ${parts.decoder.spec.hidden}, ${length} tokens, window ${window}, ${PUBLISHED_EDGES.length} edges, ${PUBLISHED_EDGES.length * layers} variants`,
  );
  const table: [string, string][] = [
    ['load', ms(loaded)],
    ['clean run', ms(clean.seconds)],
    ['full passes, all variants', `${ms(full.seconds)}  = ${x(full.seconds / clean.seconds)}`],
    [
      'forked rows, all variants',
      `${ms(forked.seconds)}  = ${forked.words}, ${(full.seconds / forked.seconds).toFixed(1)} times faster than full passes`,
    ],
    ['one more edge (a click)', `${ms(click.seconds)}  = ${click.words}`],
    ['largest difference of a score', difference.toExponential(1)],
    [
      'peak memory, less an empty process',
      `${mb(peak - empty)}  = ${((peak - empty) / allowed).toFixed(2)} of weights ${mb(subject.weightBytes)} + caches ${mb(parts.prefixes.bytes)} + chunk budget ${mb(BUDGET)}`,
    ],
  ];
  held.release();
  for (const [what, value] of table) console.log(`  ${what.padEnd(36)}${value}`);
}

const which = process.argv[2];
if (which === 'embedded' || which === 'synthetic') await bench(which);
else {
  for (const name of Object.keys(SUBJECTS)) {
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), name], {
      stdio: 'inherit',
    });
    if (status !== 0) process.exitCode = 1;
  }
}
