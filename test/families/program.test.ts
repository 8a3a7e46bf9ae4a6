/** The program as a user starts it, on a family that no line outside src/core/families knows. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../src/core/families';
import { findCached } from '../../src/core/families/hub';
import { hubId } from '../../src/core/hub/id';
import { decoderMatrices } from '../../src/core/checkpoint/refs';
import { isQuantized } from '../../src/core/spec';
import { crossflow } from '../cli/crossflow';
import { hub } from '../hub/support';
import { temporaryFolder } from '../support/temporary';
import { familyGolden } from './goldens';

const SMOL = 'HuggingFaceTB/SmolVLM-256M-Instruct';

describe('the program with SmolVLM', () => {
  const folder = temporaryFolder();
  const at = hub();
  const tied = familyGolden('smolvlm');
  const untied = familyGolden('idefics3');
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await crossflow(...args);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    return stdout;
  };

  it('inspects it: tokens of a tile, and of pictures with their marks', async () => {
    const facts = JSON.parse(await ok('inspect', tied.modelDir, '--json', '--no-measure')) as {
      family: string;
      vision: { image_size: number; image_tokens: number; picture_tokens: [number, number] };
    };
    assert.equal(facts.family, 'idefics3');
    const { image_size: size, image_tokens: tile, picture_tokens: range } = facts.vision;
    assert.deepEqual([size, tile], [32, 16]);
    // one row of three tiles; three rows of three
    assert.deepEqual(range, [4 * 16 + 6 + 1 + 3, 10 * 16 + 18 + 3 + 3]);
  });

  it('checks forked rows against full passes', async () => {
    assert.match(await ok('check', untied.modelDir), /^equal: largest difference/m);
  });

  it('imports it, a tied one too, and the import answers', async () => {
    for (const { modelDir, imagesDir, cases } of [tied, untied]) {
      const to = folder.join(`int8-${cases[0].first_answer_token}`);
      await ok('import', modelDir, '--quantize', 'int8', '--output', to, '--no-compare');
      const spec = await openCheckpoint(to);
      assert.ok(decoderMatrices(spec).every(isQuantized));
      const file = folder.join('imported.flow.json');
      const experiment = {
        model: to,
        image: join(imagesDir, cases[0].image),
        question: cases[0].question,
        knockouts: [],
      };
      writeFileSync(file, JSON.stringify(experiment));
      const result = JSON.parse(await ok('run', file, '--json')) as { answer: { token: number; probability: number } };
      assert.equal(result.answer.token, cases[0].first_answer_token);
      assert.ok(Math.abs(result.answer.probability - cases[0].base_score) < 0.1);
    }
  });

  it('runs a data set with curves of the marks', async () => {
    const csv = folder.join('rows_Plain.csv');
    const images = folder.join('pictures');
    mkdirSync(images);
    const rows = untied.cases.map(({ image, question, answer }, i) => {
      copyFileSync(join(untied.imagesDir, image), join(images, `p${i}.png`));
      return `q${i},p${i},"${question}","${answer}"`;
    });
    writeFileSync(csv, ['question_id,img_id,question,answer', ...rows, ''].join('\n'));
    const file = folder.join('rows.flow.json');
    const output = folder.join('results');
    const knockouts = ['Image->Question', 'Image Marker->Text'];
    writeFileSync(
      file,
      JSON.stringify({ model: untied.modelDir, dataset: { csv, images }, knockouts, window: 3, output }),
    );
    await ok('run', file);
    const flow = readFileSync(join(output, 'information_flow.csv'), 'utf8');
    for (const edge of knockouts) assert.ok(flow.includes(edge), `${edge} in ${flow.slice(0, 300)}`);
    const journal = readFileSync(join(output, 'journal.jsonl'), 'utf8');
    for (const i of untied.cases.keys()) assert.ok(journal.includes(`"img_id":"p${i}"`), journal.slice(0, 300));
  });

  it('fetches what it reads of the real repository’s files, and no more', async () => {
    const { modelDir } = untied;
    const own = Object.fromEntries(
      readdirSync(modelDir)
        .filter((name) => /^(?!golden).*\.(json|safetensors)$/.test(name))
        .filter((name) => name !== 'golden.safetensors')
        .map((name) => [name, readFileSync(join(modelDir, name))]),
    );
    // of the real list, as far as public copies show it
    const others = ['.gitattributes', 'README.md', 'merges.txt', 'vocab.json', 'mixture_the_cauldron.png'];
    const read = { ...own, 'added_tokens.json': '{}', 'special_tokens_map.json': '{}' };
    at.server.add(SMOL, { ...read, ...Object.fromEntries(others.map((name) => [name, 'x'])) });
    const snapshot = await at.fetch(SMOL);
    assert.deepEqual(readdirSync(snapshot).sort(), Object.keys(read).sort());
    for (const name of others) assert.deepEqual(at.server.asked(name), [], name);
    assert.equal(await findCached(hubId(SMOL), at.cache), snapshot);
    assert.equal((await openCheckpoint(snapshot)).parameters, (await openCheckpoint(modelDir)).parameters);
  });
});
