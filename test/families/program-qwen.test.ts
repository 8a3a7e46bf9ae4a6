/** The program as a user starts it, on Qwen's families: check, imports, a data set, a download. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decoderMatrices, tensorsOf } from '../../src/core/checkpoint/refs';
import { openCheckpoint } from '../../src/core/families';
import { isQuantized } from '../../src/core/spec';
import { crossflow } from '../cli/crossflow';
import { hub } from '../hub/support';
import { temporaryFolder } from '../support/temporary';
import { familyGolden } from './goldens';

describe('the program with Qwen-VL', () => {
  const folder = temporaryFolder();
  const at = hub();
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await crossflow(...args);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    return stdout;
  };

  for (const name of ['qwen2-vl', 'qwen2.5-vl', 'qwen3-vl']) {
    const { modelDir, imagesDir, cases } = familyGolden(name);
    const [first] = cases;

    it(`${name}: checks forked rows against full passes, with its note`, async () => {
      const said = await ok('check', modelDir);
      assert.match(said, /^equal: largest difference/m);
      assert.match(said, /^note: generation_config\.json: repetition_penalty 1\.05/m);
    });

    for (const format of ['int8', 'int4']) {
      it(`${name}: an ${format} import holds each tensor once, and answers`, async () => {
        const to = folder.join(`${name}-${format}`);
        await ok('import', modelDir, '--quantize', format, '--output', to, '--no-compare');
        const [spec, before] = [await openCheckpoint(to), await openCheckpoint(modelDir)];
        assert.ok(decoderMatrices(spec).every(isQuantized));
        // a fused matrix is one tensor, there and here
        const names = tensorsOf(spec).map((ref) => ref.name);
        assert.equal(new Set(names).size, names.length);
        assert.ok(names.some((n) => n.endsWith('attn.qkv.weight')));
        assert.deepEqual(spec.eye.tower.taps.length, before.eye.tower.taps.length);
        const file = folder.join(`${name}-${format}.flow.json`);
        const image = join(imagesDir, first.image);
        writeFileSync(file, JSON.stringify({ model: to, image, question: first.question, knockouts: ['Image->Last'] }));
        const { answer } = JSON.parse(await ok('run', file, '--json')) as { answer: { probability: number } };
        if (format === 'int8')
          assert.ok(Math.abs(answer.probability - first.base_score) < 0.1, String(answer.probability));
        assert.ok(answer.probability > 0);
        assert.match(await ok('check', to), /^equal: largest difference/m);
      });
    }

    it(`${name}: a data set runs, with limits of its own, which are part of the journal`, async () => {
      const csv = folder.join(`${name}_Plain.csv`);
      const images = folder.join(`${name}-pictures`);
      mkdirSync(images);
      const rows: string[] = [];
      for (const [i, { image, question }] of cases.entries()) {
        copyFileSync(join(imagesDir, image), join(images, `p${i}.png`));
        const file = folder.join(`${name}-${i}.flow.json`);
        writeFileSync(
          file,
          JSON.stringify({ model: modelDir, image: join(imagesDir, image), question, knockouts: [] }),
        );
        const { answer } = JSON.parse(await ok('run', file, '--json')) as { answer: { text: string } };
        rows.push(`q${i},p${i},"${question}","${answer.text}"`);
      }
      writeFileSync(csv, ['question_id,img_id,question,answer', ...rows, ''].join('\n'));
      const run = async (output: string, more: object): Promise<string> => {
        const file = folder.join(`${output}.flow.json`);
        const knockouts = ['Image->Question', 'Image Marker->Text'];
        writeFileSync(file, JSON.stringify({ model: modelDir, dataset: { csv, images }, knockouts, window: 3, output, ...more })); // prettier-ignore
        await ok('run', file);
        return readFileSync(join(folder.join(output), 'journal.jsonl'), 'utf8');
      };
      const plain = await run(`${name}-plain`, {});
      for (const i of cases.keys()) assert.ok(plain.includes(`"img_id":"p${i}"`), plain.slice(0, 300));
      const limited = await run(`${name}-limited`, { pixels: [64, 640] });
      assert.match(limited.split('\n')[0], /"pixels":\[64,640\]/);
      const flow = readFileSync(join(folder.join(`${name}-plain`), 'information_flow.csv'), 'utf8');
      for (const edge of ['Image->Question', 'Image Marker->Text']) assert.ok(flow.includes(edge), edge);
    });
  }

  it('fetches what it reads of a repository, and no more', async () => {
    const { modelDir } = familyGolden('qwen3-vl');
    const own = Object.fromEntries(
      readdirSync(modelDir)
        .filter((name) => /^(?!golden).*\.(json|jinja|safetensors)$/.test(name))
        .map((name) => [name, readFileSync(join(modelDir, name))]),
    );
    const others = ['.gitattributes', 'README.md', 'merges.txt', 'vocab.json', 'video_preprocessor_config.json'];
    at.server.add('Qwen/Tiny-VL', { ...own, ...Object.fromEntries(others.map((name) => [name, 'x'])) });
    const snapshot = await at.fetch('Qwen/Tiny-VL');
    assert.deepEqual(readdirSync(snapshot).sort(), Object.keys(own).sort());
    for (const name of others) assert.deepEqual(at.server.asked(name), [], name);
    assert.equal((await openCheckpoint(snapshot)).parameters, (await openCheckpoint(modelDir)).parameters);
  });
});
