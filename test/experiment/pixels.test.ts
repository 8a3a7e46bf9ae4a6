/** "pixels": in an experiment and in a study, and part of what results were computed from. */
import assert from 'node:assert/strict';
import { parseExperiment } from '../../src/core/experiment/parse';
import { settingsChanges, settingsOf } from '../../src/core/journal/identity';
import { parseStudy } from '../../src/core/study/parse';

const base = { model: './m', image: 'a.png', question: 'Is it red?' };
const parsed = (json: object): ReturnType<typeof parseExperiment> =>
  parseExperiment(JSON.stringify(json), '/work/a.flow.json');

describe('"pixels"', () => {
  it('is read, and the fewest come first', () => {
    const { experiment } = parsed({ ...base, pixels: [3136, 200704] });
    assert.ok(experiment?.subject.kind === 'question');
    assert.deepEqual(
      [experiment.pixels, experiment.subject.pixels],
      [
        [3136, 200704],
        [3136, 200704],
      ],
    );
    const { problems } = parsed({ ...base, pixels: [2, 1] });
    assert.deepEqual(
      problems.map((p) => [p.code, p.message]),
      [['wrong-value', '"pixels": the fewest (2) are more than the most (1)']],
    );
    for (const pixels of [[1], [0, 4], [1.5, 2], 'all'])
      assert.equal(parsed({ ...base, pixels }).experiment, undefined);
  });

  it('is part of the identity of results', () => {
    const [plain, limited, other] = [{}, { pixels: [1, 2] }, { pixels: [1, 3] }].map((more) =>
      settingsOf(parsed({ ...base, ...more }).experiment!),
    );
    assert.deepEqual(settingsChanges(plain, limited), ['"pixels"']);
    assert.deepEqual(settingsChanges(limited, other), ['"pixels"']);
    assert.deepEqual(settingsChanges(limited, limited), []);
  });

  it('is given to all models of a study, or to one', () => {
    const study = { models: ['./a', { model: './b', pixels: [1, 5] }], tasks: ['t_ChooseAttr.csv'], images: '.' };
    const parse = (more: object) => parseStudy(JSON.stringify({ ...study, ...more }), '/work/a.study.json');
    const pixels = (more: object) => parse(more).study?.runs.map((run) => run.experiment.pixels);
    assert.deepEqual(pixels({}), [undefined, [1, 5]]);
    assert.deepEqual(pixels({ pixels: [2, 3] }), [
      [2, 3],
      [1, 5],
    ]);
    assert.match(
      parse({ pixels: [4, 3] })
        .problems.map((p) => p.message)
        .join(),
      /the fewest \(4\)/,
    );
  });
});
