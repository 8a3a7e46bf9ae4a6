/** The models that `npm run bench` measures: the embedded one, and random decoders of 16 and 32 layers. */
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openModel } from '../../src/core/engine/model';
import type { Parts } from '../../src/core/engine/parts';
import { Sequence, type SequenceInput } from '../../src/core/engine/sequence';
import { PUBLISHED_EDGES } from '../../src/core/experiment/names';
import { DEFAULT_INSTRUCTION } from '../../src/core/experiment/types';
import { loadGolden } from '../support/golden';
import { decoderParts, randomSequence } from '../support/parts';
import { type Shape, writeDecoder } from '../support/synthetic';

/** Width of a small model and depth of a large one: the ratios of the paper's models, at a cost that two cores bear. */
const synthetic = (layers: number): Shape => ({
  layers,
  hidden: 512,
  heads: 16,
  kvHeads: 16,
  intermediate: 1376,
  vocab: 32000,
});
/** 33 system tokens, 576 image tokens, 32 of text: the published prompt of LLaVA-1.5. */
const TOKENS = { before: 33, image: 576, all: 641 };
/** Bytes that the scores of one chunk may take. */
export const BUDGET = 256 * 1024 ** 2;
/** What is measured: a decoder, a question's sets, and its clean run made anew as often as wished. */
export interface Subject {
  readonly parts: Parts;
  readonly length: number;
  readonly sets: Readonly<Record<string, readonly number[]>>;
  readonly window: number;
  readonly weightBytes: number;
  /** Edges that full passes run, too; every full pass costs the same, so few of many tell the rest. */
  readonly fullEdges: readonly string[];
  /** The same question, run anew, without what an earlier run left. */
  fresh(): Sequence;
}

async function ofLayers(layers: number): Promise<Subject> {
  const dir = join(tmpdir(), `crossflow-bench-${process.pid}`);
  const spec = await writeDecoder(dir, synthetic(layers));
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
    fullEdges: layers > 16 ? PUBLISHED_EDGES.slice(0, 1) : PUBLISHED_EDGES,
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
    fullEdges: PUBLISHED_EDGES,
    fresh: () => new Sequence(model.parts, again()),
  };
}

export const SUBJECTS = {
  embedded,
  synthetic: () => ofLayers(16),
  synthetic32: () => ofLayers(32),
} satisfies Record<string, () => Promise<Subject>>;

export type SubjectName = keyof typeof SUBJECTS;
