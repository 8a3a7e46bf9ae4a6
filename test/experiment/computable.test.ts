import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseComputable } from '../../src/core/experiment/computable';
import { checkAgainstModel, wrongKnockouts } from '../../src/core/experiment/facts';
import { parseExperiment, sourceOf } from '../../src/core/experiment/parse';
import { knockoutLabel } from '../../src/core/experiment/types';

const FILE = '/work/exp/star.flow.json';
const START = '{\n  "model": "./m",\n  "image": "a.jpg",\n  "question": "Is the star red or blue?"';
const read = (rest: string) => {
  const text = `${START},\n  ${rest}\n}\n`;
  const result = parseComputable(text, FILE);
  const said = result.problems.map(
    ({ severity, code, offset, length }) => `${severity} ${code} ${text.slice(offset, offset + length)}`,
  );
  return { text, ...result, said, edges: result.computable?.knockouts.map(knockoutLabel) };
};

describe('what can be computed of an experiment with errors', () => {
  it('is the experiment itself when nothing is wrong', () => {
    const { experiment, computable, problems } = read('"knockouts": ["Question->Last"]');
    assert.ok(experiment);
    assert.equal(computable, experiment);
    assert.deepEqual(problems, []);
  });

  it('is all but the knockouts that are wrong, whatever is wrong with them, each named at its place', () => {
    const { experiment, edges, said } = read(
      '"knockouts": ["Imgae->Last", "Question->Last", /* no arrow */ "Question Last", { "from": "Image", "window": 0 },\n' +
        '    "True Option->Last", { "mlp": "Last" }, { "prune": "Text" }]',
    );
    assert.equal(experiment, undefined);
    assert.deepEqual(edges, ['Question->Last', 'mlp:Last']);
    assert.deepEqual(said, [
      'error unknown-set Imgae',
      'error bad-edge "Question Last"',
      'error missing-key {',
      'error wrong-value 0',
      'error unknown-set True Option',
      'error wrong-value "Text"',
    ]);
  });

  it('leaves out a set that is wrong with all that needs it, and says that they wait for it', () => {
    const { computable, edges, said, problems } = read(
      '"sets": { "a": { "patches": [-1] }, "b": { "not": "a" }, "c": { "patches": [2] } },\n' +
        '  "knockouts": ["a->Question", "b->Last", "c->Last"]',
    );
    assert.deepEqual(edges, ['c->Last']);
    assert.deepEqual(Object.keys(computable!.sets), ['c']);
    assert.deepEqual(said, [
      'error wrong-value -1',
      'warning unknown-set "a"',
      'warning unknown-set a',
      'warning unknown-set b',
    ]);
    assert.equal(problems[2].message, 'not computed, because set "a" has an error');
  });

  it('is nothing when something else is wrong', () => {
    for (const rest of ['"window": 0', '"knockouts": 3', '"knockouts": ["Question->Last"', '"objects": [[1, 2]]']) {
      const { computable, problems } = read(rest);
      assert.equal(computable, undefined, rest);
      assert.ok(problems.length > 0);
    }
  });

  it('keeps every place of the text, in windows and line ends of any kind', () => {
    const { computable, text } = read(
      '"knockouts": [\r\n"Imgae->Last",\r\n{ "from": "Image", "to": "Last", "window": 40, "heads": [9] }, "Lst->Last"]',
    );
    const found = checkAgainstModel(computable!, { layers: 10, heads: 4 });
    assert.deepEqual(
      found.map(({ code, offset, length }) => [code, text.slice(offset, offset + length)]),
      [
        ['window-too-large', '40'],
        ['head-out-of-range', '9'],
      ],
    );
    assert.equal(sourceOf(computable!).text.length, text.length);
  });

  it('agrees with the parser on any list of knockouts: each is computed exactly when it is right by itself', () => {
    const some = [
      '"Question->Last"',
      '"Image->Last"',
      '"x->Last"',
      '"->"',
      '3',
      '{ "mlp": "Last" }',
      '{ "prune": "Last" }',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...some), { maxLength: 6 }), (list) => {
        const right = (one: string): boolean =>
          parseExperiment(`${START}, "knockouts": [${one}] }`, FILE).experiment !== undefined;
        const { computable } = parseComputable(`${START}, "knockouts": [${list.join(' , ')}] }`, FILE);
        assert.equal(computable?.knockouts.length, list.filter(right).length);
      }),
    );
  });
});

describe('what a model and a question cannot compute', () => {
  it('is told for each knockout, at its place', () => {
    const { computable, text } = read(
      '"options": ["red", "green"], "sets": { "far": { "patches": [3, 900] }, "none": { "patches": [] }, "end": { "text": "?" } },\n' +
        '  "knockouts": ["Question->Last", "False Option->Last", "far->Question", "none->Question", { "prune": "end" }]',
    );
    const facts = {
      layers: 10,
      heads: 4,
      imageTokens: 100,
      sets: { Question: 5, Last: 1, 'True Option': 1, none: 0, end: 1 },
      holdLast: ['Last', 'end'],
    };
    assert.deepEqual([...wrongKnockouts(computable!, facts)], [1, 2, 4]);
    const errors = checkAgainstModel(computable!, facts).filter(({ severity }) => severity === 'error');
    assert.deepEqual(
      errors.map(({ code, hint, offset, length }) => [code, text.slice(offset, offset + length), hint]),
      [
        ['patch-out-of-range', '900', 'the image has patches 0 to 99'],
        ['unknown-set', 'False Option', 'it needs "options" that stand in the question'],
        ['unknown-set', 'far', undefined],
        ['wrong-value', '"end"', 'drop a set without the last position, such as "Image" or "Question"'],
      ],
    );
  });
});
