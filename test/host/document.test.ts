/** What the panel exports as a result is what the command line prints. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseExperiment } from '../../src/core/experiment/parse';
import type { Experiment } from '../../src/core/experiment/types';
import { callOnce } from '../../src/host/engine/once';
import { resultParts } from '../../src/host/result-parts';
import { crossflow } from '../cli/crossflow';
import { engineEntry, modelFolder, pool, root, session } from './support';

describe('an exported result', () => {
  let folder: string;
  let picture: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'crossflow-document-'));
    picture = path.join(folder, 'picture.jpg');
    await cp(path.join(root, 'examples/images/2300034.jpg'), picture);
  });
  after(() => rm(folder, { recursive: true }));

  const text = (change: Record<string, unknown> = {}): string =>
    JSON.stringify({
      model: modelFolder,
      prompt: 'vicuna_v1',
      image: picture,
      question: 'What is the white shape, a circle or a star?',
      answer: 'star',
      options: ['star', 'circle'],
      objects: [[128, 192, 116, 119]],
      sets: { clicked: { patches: [65, 66] } },
      knockouts: ['Question->Last', { from: 'clicked', to: 'Question', window: 3 }, { prune: 'Image' }],
      ...change,
    });
  const read = (change: Record<string, unknown> = {}): Experiment =>
    parseExperiment(text(change), path.join(folder, 'a.flow.json')).experiment!;

  it('is the document of the command line, to the last digit, and follows the text', async () => {
    const engines = pool();
    const { live } = session(engines);
    const printed = async (change: Record<string, unknown>): Promise<unknown> => {
      const file = path.join(folder, 'a.flow.json');
      await writeFile(file, text(change));
      const { code, stdout, stderr } = await crossflow('run', file, '--json', '--threads', '1');
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const words: string[][] = [];
    for (const change of [
      {},
      { sets: { clicked: { patches: [1] } } },
      { method: 'full', answer: undefined, options: undefined },
      { answer: 'square', options: ['square', 'circle'] },
      { answer: 'square', options: undefined, track: ['circle'] },
    ]) {
      await live.update(read(change));
      const document = await callOnce(
        { ...engineEntry, log: () => undefined },
        'document',
        await resultParts(live.shown),
      );
      assert.deepEqual(JSON.parse(JSON.stringify(document)), await printed(change));
      words.push(Object.keys(document.lens.with_norm));
    }
    // An answer that is neither gold nor an option is followed, too, unless the words were chosen.
    const both = ['star', 'Star', 'circle', 'Circle'];
    assert.deepEqual(words, [both, both, ['Star'], ['square', 'Square', 'circle', 'Circle', 'Star'], ['circle']]);
    live.dispose();
    engines.dispose();
  });

  it('is refused when the picture is another by now', async () => {
    const engines = pool();
    const { live } = session(engines);
    await live.update(read());
    await resultParts(live.shown);
    await writeFile(picture, await readFile(picture));
    await utimes(picture, 1, 1);
    await assert.rejects(resultParts(live.shown), /the picture has changed/);
    live.dispose();
    engines.dispose();
  });
});
