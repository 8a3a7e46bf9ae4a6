/**
 * Records what the real engine says about one question of the embedded model, for the panel's tests:
 *   node --import tsx test/panel/record.ts
 * Run it again when the engine's answers change shape.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openModel } from '../../src/core/engine/model';
import { DEFAULT_INSTRUCTION, knockoutId, type Knockout, type SetDefinition } from '../../src/core/experiment/types';
import type { PanelExperiment } from '../../src/protocol/panel';
import type { EngineAnswers } from './support/answers';
import { pack } from './support/wire';

const root = path.resolve(__dirname, '../..');
const image = '2300034.jpg';
const question = 'What is the white shape, a circle or a star?';
const sets: Record<string, SetDefinition> = { clicked: { kind: 'patches', patches: [64, 65, 74, 75] } };
const edge = (from: string, to: string): Knockout => ({ kind: 'edge', from, to, window: 3 });
const knockouts = [
  edge('Question', 'Last'),
  edge('Image', 'Last'),
  edge('Image Central Object', 'Question'),
  edge('clicked', 'Question'),
];

async function main(): Promise<void> {
  const model = await openModel(path.join(root, 'models/shapes-llava'), { threads: 1 });
  const options = ['star', 'circle'] as const;
  const objects = [[128, 192, 116, 119]] as const;
  const example = await model.prepare({
    image: path.join(root, 'examples/images', image),
    template: 'vicuna_v1',
    instruction: DEFAULT_INSTRUCTION,
    question,
    answer: 'star',
    options,
    objects,
    sets,
  });
  const clean = await example.clean();
  const curves = await example.knockouts(knockouts);
  const { tokens, imageStart, imageTokens } = example.info;
  const last = tokens.length - 1;
  const rows = [last, imageStart + imageTokens + 2];
  const text = tokens.flatMap((t, i) => (t.kind === 'image' ? [] : [i]));
  const experiment: PanelExperiment = {
    title: 'star',
    uri: 'file:///star.flow.json',
    asks: question,
    model: '../models/shapes-llava',
    question,
    gold: 'star',
    options,
    objects,
    sets,
    knockouts,
    window: 3,
    image: '/image',
    activeSet: 'clicked',
    isDataset: false,
    restricted: false,
    problems: [],
  };
  const answers: EngineAnswers = {
    experiment,
    image,
    // Where the checkpoint lay when this was recorded is nobody's business.
    model: { ...model.info, directory: 'models/shapes-llava' },
    example: example.info,
    clean,
    lens: await example.lens(['star', 'Star', 'circle', 'Circle']),
    curves: Object.fromEntries(curves.map((c) => [knockoutId(c.knockout), c])),
    attention: Object.fromEntries(
      await Promise.all(rows.map(async (row) => [row, await example.attention([row])] as const)),
    ),
    flow: await example.attention(text, { mean: true }),
    tokenLens: Object.fromEntries(
      await Promise.all(rows.map(async (row) => [row, (await example.lens([], { row })).top] as const)),
    ),
    check: await example.check(knockouts),
  };
  const file = path.join(root, 'test/panel/recorded/star.json');
  await writeFile(file, pack(answers));
  console.log(`${file}: ${clean.answer.text}, ${curves.length} curves`);
  await model.close();
}

void main();
