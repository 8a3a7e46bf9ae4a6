/** A study over families: one run a model, whatever its layers and tokens, and one figure over relative depth. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { openModel } from '../../src/core/engine/model';
import { parseStudy } from '../../src/core/study/parse';
import { crossflow, EXAMPLES } from '../cli/crossflow';
import { familyGolden, questionOf } from '../families/goldens';
import { GOLDENS } from '../families/registry';
import { temporaryFolder } from '../support/temporary';

type Row = Readonly<Record<string, string>>;
const read = (file: string): Row[] => parse(readFileSync(file, 'utf8'), { columns: true }) as unknown as Row[];

describe('a study over families', () => {
  const folder = temporaryFolder();
  // two models of different depth at least, and one checkpoint of each family
  const models = Object.values(GOLDENS).map(([first]) => first);

  it('gives each model its own curves, and figures that compare them over relative depth', async () => {
    const images = folder.join('images');
    mkdirSync(images);
    // each model's own answer is the right one in its row; the others are asked it, too
    const rows = [];
    for (const [i, name] of models.entries()) {
      const golden = familyGolden(name);
      const [first] = golden.cases;
      cpSync(path.join(golden.imagesDir, first.image), path.join(images, `${100 + i}.png`));
      const model = await openModel(golden.modelDir);
      const example = await model.prepare(questionOf(golden, first));
      rows.push([String(i), String(100 + i), first.question, (await example.clean()).answer.text]);
      example.release();
      await model.close();
    }
    writeFileSync(folder.join('own_Query.csv'), stringify([['question_id', 'img_id', 'question', 'answer'], ...rows]));
    const study = {
      models: models.map((name) => ({ model: familyGolden(name).modelDir, name })),
      tasks: ['own_Query.csv'],
      images: 'images',
      knockouts: ['Question->Last'],
      windows: [2],
      output: 'out',
    };
    const file = folder.join('families.study.json');
    writeFileSync(file, JSON.stringify(study));
    const { code, stdout, stderr } = await crossflow('study', 'run', file, '--json');
    assert.equal(code, 0, stderr + stdout);
    const table = folder.join('out/figures/Query/models_Question_to_Last.csv');
    const points = read(table);
    assert.ok(existsSync(table.replace('.csv', '.svg')));
    const depths = new Map<string, number[]>();
    for (const { curve, depth } of points) depths.set(curve, [...(depths.get(curve) ?? []), Number(depth)]);
    assert.deepEqual([...depths.keys()].sort(), [...models].sort());
    for (const [model, own] of depths) {
      const { layers } = familyLayers(model);
      assert.deepEqual(own, Array.from({ length: layers }, (_, l) => l / (layers - 1)), model); // prettier-ignore
    }
  }).timeout(240_000);

  it('is what examples/families.study.json is a template of: six models of one size class', async () => {
    const file = path.join(EXAMPLES, 'families.study.json');
    const { study, problems } = parseStudy(readFileSync(file, 'utf8'), file);
    assert.deepEqual(problems, []);
    assert.equal(study?.runs.length, 6);
    assert.ok(study.runs.every(({ experiment }) => experiment.model.kind === 'hub'));
    // nothing is downloaded unasked: the plan says what is missing
    const { code, stderr } = await crossflow('inspect', file, '--no-measure');
    assert.equal(code, 2);
    assert.match(stderr, /Qwen\/Qwen2-VL-2B-Instruct/);
  });
});

/** As config.json says it, nested or at the top. */
function familyLayers(name: string): { readonly layers: number } {
  const config = JSON.parse(readFileSync(path.join(familyGolden(name).modelDir, 'config.json'), 'utf8')) as {
    readonly num_hidden_layers?: number;
    readonly text_config?: { readonly num_hidden_layers?: number };
  };
  const layers = config.text_config?.num_hidden_layers ?? config.num_hidden_layers;
  assert.ok(layers !== undefined);
  return { layers };
}
