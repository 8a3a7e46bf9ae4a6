import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { unpackWords } from '../../src/core/dataset/lens-words';
import { JOURNAL_FORMAT } from '../../src/core/journal/identity';
import { JournalReader } from '../../src/core/journal/reader';
import { encodeLine } from '../../src/core/journal/lines';
import { placeIn } from '../../src/core/journal/place';
import type { Model } from '../../src/core/engine/api';
import { openModel } from '../../src/core/engine/model';
import { CrossflowError } from '../../src/core/errors';
import { loadExperiment } from '../../src/core/experiment/parse';
import type { Experiment } from '../../src/core/experiment/types';
import { header } from '../journal/records';
import { repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';
import { runOn } from './run-on';

const examples = path.join(repositoryRoot, 'examples');
const modelFolder = path.join(repositoryRoot, 'models/shapes-llava');

describe('best words', () => {
  const folder = temporaryFolder();
  let model: Model;
  before(async () => {
    model = await openModel(modelFolder);
  });
  after(() => model.close());

  const experimentOf = async (name: string, change: object): Promise<Experiment> => {
    const file = folder.join(`${name}.flow.json`);
    const csv = path.join(examples, 'shapes_val_question_with_choose_ChooseAttr.csv');
    const dataset = { csv, images: [path.join(examples, 'images')], limit: 2 };
    writeFileSync(file, JSON.stringify({ model: modelFolder, prompt: 'vicuna_v1', dataset, output: name, ...change }));
    return loadExperiment(file);
  };
  const refusal = (pattern: RegExp) => (e: unknown) => {
    assert.ok(e instanceof CrossflowError && e.kind === 'usage', String(e));
    assert.match(e.line, pattern);
    return true;
  };

  it('are those of the output matrix without the norm, best first, and agree with the words that are followed', async () => {
    const example = await model.prepare({
      image: path.join(examples, 'images/2300000.jpg'),
      template: 'vicuna_v1',
      instruction: ' \nAnswer the question using a single word or phrase.',
      question: 'Is the triangle plain or striped?',
      sets: {},
    });
    try {
      const words = ['plain', 'Plain', 'striped', 'Striped'];
      const { best, top, withoutNorm } = await example.lens(words, { best: 50 });
      assert.equal(best!.length, model.info.layers + 1);
      best!.forEach((row, layer) => {
        assert.equal(row.length, 50);
        assert.equal(new Set(row.map((c) => c.token)).size, 50);
        row.forEach((c, i) => assert.ok(i === 0 || c.probability <= row[i - 1].probability));
        for (const word of words) {
          const p = withoutNorm[word][layer];
          const here = row.find((c) => c.text === word);
          // The first token of a word may be a part of it.
          if (here) assert.ok(Math.abs(here.probability - p) < 1e-6, `${word} in layer ${layer}`);
          else assert.ok(p <= row[49].probability + 1e-6 || !best!.flat().some((c) => c.text === word));
        }
      });
      assert.ok(best!.some((row) => row.some((c) => c.text === 'Striped')));
      assert.ok(top.every((row) => row.length === 5));
      // The last row is after the final norm in both readings.
      assert.deepEqual(best!.at(-1)!.slice(0, 5).map((c) => c.token), top.at(-1)!.map((c) => c.token)); // prettier-ignore
      assert.equal((await example.lens(words)).best, undefined);
      // More than the vocabulary has are all of it.
      assert.equal((await example.lens([], { best: model.info.vocab + 9 })).best![0].length, model.info.vocab);
    } finally {
      example.release();
    }
  });

  it('are kept when the experiment asks for them, and a run with others is another run', async () => {
    const experiment = await experimentOf('kept', { topWords: 3 });
    await runOn(model, experiment);
    const journal = JournalReader.open(placeIn(experiment.output));
    const [record] = [...journal.records()].filter((r) => r.is === 'kept');
    journal.close();
    assert.equal(record.lens.best!.words.length, model.info.layers + 1);
    assert.equal(unpackWords(record.lens.best!, model.info.layers).length, 3);
    assert.equal(unpackWords(record.lens.best!, model.info.layers)[0].text.toLowerCase(), record.answer);
    const other = await experimentOf('kept', { topWords: 4 });
    await assert.rejects(runOn(model, other), refusal(/"topWords" changed since/));
    const none = await experimentOf('kept', {});
    await assert.rejects(runOn(model, none), refusal(/"topWords" changed since/));
  });

  it('are in no journal of the format before, which is refused by its number', async () => {
    const experiment = await experimentOf('old', {});
    await runOn(model, experiment);
    const file = placeIn(experiment.output).merged;
    const [, ...records] = readFileSync(file, 'utf8').split('\n');
    const { topWords: _, ...settings } = header().identity.settings;
    const old = { ...header(), identity: { ...header().identity, format: JOURNAL_FORMAT - 1, settings } };
    writeFileSync(file, [encodeLine({ header: old }).toString().trimEnd(), ...records].join('\n'));
    const wanted = /journal format \(2; this one writes 3\) \(.*delete the journal/;
    await assert.rejects(runOn(model, experiment), refusal(wanted));
    assert.throws(() => JournalReader.open(placeIn(experiment.output)), refusal(wanted));
  });

  it('come in numbers that make sense', async () => {
    for (const topWords of [0, -1, 1.5, 1001, '50'])
      await assert.rejects(experimentOf('wrong', { topWords }), refusal(/"topWords" must be/));
  });
});
