/** What `crossflow check` runs when no experiment is given: a picture and knockouts that every model understands. */
import { TEMPLATE_NAMES } from '../core/families/choices';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Example, Model } from '../core/engine/api';
import type { ModelInfo, RunControl } from '../core/engine/types';
import { CrossflowError } from '../core/errors';
import { DEFAULT_INSTRUCTION, type Knockout, type QuestionInput } from '../core/experiment/types';

const SIZE = 336;
const SEED = 20250607;
const SHAPES = 12;

/** Writes a seeded PNG of coloured rectangles into a new folder of the system's temporary one. */
export async function samplePicture(): Promise<{ file: string; remove(): Promise<void> }> {
  const random = randomOf(SEED);
  const below = (n: number) => Math.floor(random() * n);
  const pixels = new Uint8Array(SIZE * SIZE * 3).fill(200);
  for (let i = 0; i < SHAPES; i++) {
    const color = [below(256), below(256), below(256)];
    const [x, y, w, h] = [below(SIZE - 60), below(SIZE - 60), 30 + below(120), 30 + below(120)];
    for (let row = y; row < Math.min(SIZE, y + h); row++) {
      for (let column = x; column < Math.min(SIZE, x + w); column++) pixels.set(color, 3 * (row * SIZE + column));
    }
  }
  const { default: sharp } = await import('sharp');
  const folder = await mkdtemp(join(tmpdir(), 'crossflow-check-'));
  const file = join(folder, 'picture.png');
  await sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 3 } })
    .png()
    .toFile(file);
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** mulberry32: small, seeded, the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export async function prepareSample(model: Model, image: string, control: RunControl): Promise<Example> {
  return model.prepare(await sampleQuestion(model, image, control), control);
}

/** In the checkpoint's own chat template, else the first published template that its tokenizer can write. */
export async function sampleQuestion(model: Model, image: string, control: RunControl): Promise<QuestionInput> {
  const question: QuestionInput = {
    image,
    question: 'What is in the picture?',
    instruction: DEFAULT_INSTRUCTION,
    objects: [[60, 60, 150, 120]],
    sets: { some: { kind: 'patches', patches: [0, 3, 4] }, verb: { kind: 'text', text: 'is', nth: 1 } },
  };
  let last: unknown;
  for (const template of [undefined, ...TEMPLATE_NAMES]) {
    const asked = { ...question, ...(template && { template }) };
    try {
      (await model.prepare(asked, control)).release();
      return asked;
    } catch (e) {
      if (!(e instanceof CrossflowError) || e.kind !== 'usage') throw e;
      last ??= e;
    }
  }
  throw last;
}

/** Every kind of knockout, with windows from one layer to a third of the model. */
export function sampleKnockouts({ layers, heads }: ModelInfo): Knockout[] {
  const window = Math.max(1, Math.round(layers / 3));
  const edge = (from: string, to: string, size = window, only?: number[]): Knockout => ({
    kind: 'edge',
    from,
    to,
    window: size,
    ...(only && { heads: only }),
  });
  return [
    edge('Question', 'Last'),
    edge('Image', 'Last'),
    edge('Image', 'Question'),
    edge('Last', 'Last'),
    edge('Image Central Object', 'Question', 1),
    edge('some', 'Text', layers),
    edge('Image', 'verb', window, [0]),
    edge('Question', 'Last', 1, [heads - 1]),
    { kind: 'attention', of: 'Question', window },
    { kind: 'mlp', of: 'Last', window: 1 },
    { kind: 'prune', of: 'Image' },
  ];
}
