import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseExperiment } from '../../src/core/experiment/parse';
import { Source } from '../../src/core/experiment/source';
import { complete, setsHere, type DiskFacts, type Suggestion } from '../../src/host/language/complete';

const DISK: DiskFacts = {
  models: ['../models/shapes-llava'],
  images: ['images/a.jpg', 'images/b.jpg'],
  tables: ['x_ChooseAttr.csv'],
  folders: ['images'],
};
/** `|` marks the place. */
function at(text: string): { suggestions: Suggestion[]; text: string } {
  const offset = text.indexOf('|');
  const plain = text.slice(0, offset) + text.slice(offset + 1);
  return { suggestions: complete(new Source(plain, '/work/a.flow.json'), offset, DISK), text: plain };
}
const labels = (text: string): string[] => at(text).suggestions.map(({ label }) => label);
function accept(text: string, label: string): string {
  const { suggestions, text: plain } = at(text);
  const one = suggestions.find((suggestion) => suggestion.label === label);
  assert.ok(one, `${label} among ${suggestions.map((suggestion) => suggestion.label).join(', ')}`);
  return plain.slice(0, one.offset) + one.insert + plain.slice(one.offset + one.length);
}

describe('completion', () => {
  it('offers the keys that are not there yet', () => {
    const keys = labels('{ "model": "x", | }');
    assert.ok(keys.includes('question') && keys.includes('knockouts') && !keys.includes('model'));
  });
  it('writes a key with the shape of its value, and only the name where a value stands', () => {
    assert.equal(accept('{ | }', 'knockouts'), '{ "knockouts": [$1] }');
    assert.equal(accept('{ "mod|": "x" }', 'model'), '{ "model": "x" }');
    assert.equal(accept('{ | }', '$schema'), '{ "\\$schema": "$1" }', 'a dollar is no variable of the snippet');
  });
  it('knows keys inside knockouts, sets, image and dataset', () => {
    assert.ok(labels('{ "knockouts": [{ "from": "Image", | }] }').includes('heads'));
    assert.deepEqual(labels('{ "sets": { "a": { "text": "x", | } } }').includes('nth'), true);
    assert.deepEqual(labels('{ "image": { "file": "x", | } }'), ['aspect']);
    assert.ok(labels('{ "dataset": { | } }').includes('csv'));
  });
  it('offers what lies on the disk', () => {
    assert.deepEqual(labels('{ "model": "|" }'), DISK.models);
    assert.deepEqual(labels('{ "image": "|" }'), DISK.images);
    assert.deepEqual(labels('{ "image": { "file": "|" } }'), DISK.images);
    assert.deepEqual(labels('{ "dataset": { "csv": "|" } }'), DISK.tables);
    assert.deepEqual(labels('{ "dataset": { "images": "|" } }'), DISK.folders);
    assert.equal(accept('{ "image": "im|" }', 'images/b.jpg'), '{ "image": "images/b.jpg" }');
  });
  it('offers sets and edges that can exist in this file', () => {
    const text = '{ "sets": { "mine": { "patches": [1] } }, "knockouts": ["|"] }';
    assert.ok(labels(text).includes('mine->Question'));
    assert.ok(labels(text).includes('Question->Last'));
    assert.ok(!labels(text).includes('Image Central Object->Question'), 'there are no boxes');
    assert.ok(
      labels(text.replace('{ "sets"', '{ "objects": [[1, 2, 3, 4]], "sets"')).includes(
        'Image Central Object->Question',
      ),
    );
    assert.ok(labels('{ "knockouts": [{ "from": "|" }] }').includes('Instruction'));
    assert.deepEqual(
      labels('{ "sets": { "a": { "patches": [] }, "b": { "not": "|" } } }').filter((name) => name === 'b'),
      [],
    );
  });
  it('offers words of the question, templates and defaults', () => {
    assert.deepEqual(labels('{ "question": "Is it red or blue?", "options": ["|"] }'), [
      'Is',
      'it',
      'red',
      'or',
      'blue',
    ]);
    assert.deepEqual(labels('{ "answer": "red", "track": ["|"] }'), ['red', 'Red']);
    assert.deepEqual(labels('{ "prompt": "|" }'), ['vicuna_v1', 'llava_llama_3']);
    assert.deepEqual(labels('{ "window": | }'), ['9']);
  });
  it('replaces a word that has no quotes, whole, and a quote that has no other only up to the place', () => {
    assert.equal(accept('{\n  "model": "x",\n  image|\n}', 'image'), '{\n  "model": "x",\n  "image": "$1"\n}');
    assert.equal(accept('{\n  "ima|, // the picture\n}', 'image'), '{\n  "image": "$1", // the picture\n}');
    assert.equal(accept('{ "prompt": vic| }', 'vicuna_v1'), '{ "prompt": "vicuna_v1" }');
    assert.equal(
      accept('{ "knockouts": ["Question->Last", Im|] }', 'Image->Last'),
      '{ "knockouts": ["Question->Last", "Image->Last"] }',
    );
  });
  it('is filtered by what is typed: with its quote where there is one', () => {
    const filter = (text: string): string => at(text).suggestions.find(({ label }) => label === 'image')!.filter;
    assert.equal(filter('{ image| }'), 'image');
    assert.equal(filter('{ "image| }'), '"image"');
    assert.equal(filter('{ "|" }'), '"image"');
  });
  it('puts a comma before a key that follows, behind a comment too', () => {
    const text = '{ "image|"\n // asked about it\n "question": "" }';
    assert.equal(accept(text, 'image'), '{ "image": "$1",\n // asked about it\n "question": "" }');
  });
  it('opens the list of a value with its key, and none inside a comment', () => {
    const more = at('{ | }').suggestions.filter((one) => one.more);
    assert.ok(['model', 'image', 'prompt', 'knockouts'].every((key) => more.some(({ label }) => label === key)));
    assert.ok(!more.some(({ label }) => label === 'question'));
    assert.deepEqual(labels('{ // what |\n}'), []);
    assert.deepEqual(labels('{ // what|'), []);
    assert.deepEqual(labels('{ /* what | */ }'), []);
  });
  it('survives any text and place, and replaces only what is there', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        ':',
        ',',
        ' ',
        '\n',
        '"sets"',
        '"knockouts"',
        '"a"',
        '->',
        '1',
        '//x\n',
        '\\',
        'é',
      ),
    );
    fc.assert(
      fc.property(pieces, fc.nat(), (parts, n) => {
        const text = parts.join('');
        const offset = n % (text.length + 1);
        for (const { offset: from, length } of complete(new Source(text, '/a.flow.json'), offset, DISK)) {
          assert.ok(from >= 0 && from <= offset && from + length >= offset && from + length <= text.length);
        }
      }),
    );
  });
  it('offers no set that the parser then refuses', () => {
    const base = '"model": "./m", "image": "i.jpg", "question": "Is it red?"';
    for (const more of ['', ', "objects": [[1, 2, 3, 4]]', ', "options": ["red", "blue"]']) {
      const text = `{ ${base}${more}, "knockouts": [] }`;
      for (const { name } of setsHere(new Source(text, '/a.flow.json'))) {
        const { problems } = parseExperiment(
          text.replace('[] }', `[${JSON.stringify(`${name}->Last`)}] }`),
          '/a.flow.json',
        );
        assert.deepEqual(
          problems.filter((problem) => problem.severity === 'error').map(({ message }) => message),
          [],
          name,
        );
      }
    }
  });
});
