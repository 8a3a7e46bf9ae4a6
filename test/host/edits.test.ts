import assert from 'node:assert/strict';
import { applyEdits } from '../../src/core/experiment/edits';
import { parseExperiment } from '../../src/core/experiment/parse';
import { canBeSet } from '../../src/core/experiment/single-token';
import { knockoutId } from '../../src/core/experiment/types';
import type { ExampleInfo } from '../../src/core/engine/types';
import { editFor, type PanelEdit } from '../../src/host/panel/edits';

const FILE = '/work/a.flow.json';
const TEXT = `{
  "model": "./m", // mine
  "image": "i.jpg",
  "question": "Is it red or red?",
  /* the way in */
  "knockouts": [
    "Image->Last", // first
    "Question->Last"
  ],
  "window": 3
}
`;
const words = ['<s>', 'SYS', 'img', 'img', 'img', 'img', ' Is', ' it', ' red', ' or', ' red', '?', ' :'];
const example = {
  tokens: words.map((text, id) => ({ id, text, kind: text === 'img' ? 'image' : 'text' })),
  imageStart: 2,
  imageTokens: 4,
  sets: { Last: [12], Image: [2, 3, 4, 5], Question: [6, 7, 8, 9, 10, 11] },
} as unknown as ExampleInfo;
const facts = { session: { shown: { example } } };
const edit = (text: string, ...messages: PanelEdit[]): string =>
  messages.reduce((now, message) => applyEdits(now, editFor(now, message, facts)), text);
const read = (text: string) => {
  const { experiment, problems } = parseExperiment(text, FILE);
  assert.ok(experiment, problems.map(({ message }) => message).join('; '));
  return experiment;
};
const labels = (text: string): string[] =>
  read(text).knockouts.map((k) => (k.kind === 'edge' ? `${k.from}->${k.to}` : k.of));

describe('what the panel changes in the text', () => {
  it('makes a set of clicked patches and its knockout at once, and keeps every comment', () => {
    const text = edit(TEXT, { type: 'set-patches', set: 'clicked', patches: [3, 1] });
    assert.deepEqual(read(text).sets, { clicked: { kind: 'patches', patches: [1, 3] } });
    assert.deepEqual(labels(text), ['Image->Last', 'Question->Last', 'clicked->Question']);
    for (const comment of ['// mine', '/* the way in */', '// first']) assert.ok(text.includes(comment));
  });
  it('changes a set without adding what its owner took away', () => {
    const first = edit(
      TEXT,
      { type: 'set-patches', set: 'clicked', patches: [1] },
      { type: 'remove-knockout', id: 'clicked->Question w3' },
    );
    assert.deepEqual(labels(edit(first, { type: 'set-patches', set: 'clicked', patches: [1, 2] })), [
      'Image->Last',
      'Question->Last',
    ]);
  });
  it('empties a set without taking away what names it, and fills it again', () => {
    const written = TEXT.replace('"Question->Last"', '{ "from": "rest", "to": "clicked", "window": 5, "heads": [0] }');
    const sets = '"sets": { "clicked": { "patches": [1] }, "rest": { "not": "clicked" } },\n  "knockouts"';
    const before = written.replace('"knockouts"', sets);
    const empty = edit(before, { type: 'set-patches', set: 'clicked', patches: [] });
    assert.deepEqual(read(empty).sets['clicked'], { kind: 'patches', patches: [] });
    assert.deepEqual(
      parseExperiment(empty, FILE).problems.map(({ code, severity }) => [code, severity]),
      [['empty-set', 'warning']],
    );
    assert.equal(edit(empty, { type: 'set-patches', set: 'clicked', patches: [1] }), before);
  });
  it('makes no set of no patches', () => {
    assert.equal(edit(TEXT, { type: 'set-patches', set: 'clicked', patches: [] }), TEXT);
  });
  it('sees what stands in a text that has errors elsewhere', () => {
    const wrong = TEXT.replace('Question->Last', 'Question->Lst').replace('"window": 3', '"window": 5');
    const text = edit(
      wrong,
      { type: 'set-patches', set: 'clicked', patches: [1] },
      { type: 'set-patches', set: 'clicked', patches: [1, 2] },
      { type: 'add-knockout', knockout: { kind: 'edge', from: 'Image', to: 'Last', window: 5 } },
    );
    assert.deepEqual(read(text.replace('Lst', 'Last')).knockouts.map(knockoutId), [
      'Image->Last w5',
      'Question->Last w5',
      'clicked->Question w5',
    ]);
  });
  it('removes the knockout that was meant, wherever it stands by now, or says that it is gone', () => {
    const moved = TEXT.replace('"Image->Last",', '"Last->Last", "Wrong->", "Image->Last",');
    const text = edit(moved, { type: 'remove-knockout', id: 'Image->Last w3' });
    assert.equal(text.includes('Image->Last'), false);
    for (const other of ['Last->Last', 'Wrong->', 'Question->Last']) assert.ok(text.includes(other), other);
    assert.throws(() => edit(TEXT, { type: 'remove-knockout', id: 'Last->Last w3' }), {
      kind: 'usage',
      message: /Last->Last w3 does not stand in the text/,
    });
  });
  it('does not take a set of another kind for one of patches', () => {
    const text = TEXT.replace('"window"', '"sets": { "word": { "text": "red" } },\n  "window"');
    assert.throws(() => edit(text, { type: 'set-patches', set: 'word', patches: [1] }), { kind: 'usage' });
  });
  it('adds a knockout once', () => {
    const knockout = { kind: 'edge', from: 'Image', to: 'Question', window: 3 } as const;
    const once = edit(TEXT, { type: 'add-knockout', knockout });
    assert.deepEqual(labels(once).at(-1), 'Image->Question');
    assert.equal(edit(once, { type: 'add-knockout', knockout }), once);
  });
  it('names single tokens: a patch, the second of two equal words, the last position', () => {
    const text = edit(
      TEXT,
      { type: 'add-token-knockout', from: 3, to: 10 },
      { type: 'add-token-knockout', from: 10, to: 12 },
    );
    const { sets } = read(text);
    assert.deepEqual(sets['patch 1'], { kind: 'patches', patches: [1] });
    assert.deepEqual(sets['red'], { kind: 'text', text: 'red', nth: 2 });
    assert.ok(labels(text).includes('patch 1->red'));
    assert.equal(labels(text).at(-1), 'red->Last', 'the set that is there is used again');
  });
  it('takes an edge from the whole image as one from the set Image', () => {
    assert.deepEqual(
      labels(edit(TEXT, { type: 'add-token-knockout', from: 2, to: 10, image: true })).at(-1),
      'Image->red',
    );
    assert.equal(edit(TEXT, { type: 'add-token-knockout', from: 2, to: 12, image: true }), TEXT, 'it is there');
  });
  it('refuses tokens that no set can hold, as the panel knows before it is asked', () => {
    const odd = { ...example, tokens: example.tokens.map((t, i) => (i === 7 ? { ...t, text: '\uFFFD' } : t)) };
    for (const from of [1, 7]) {
      assert.equal(canBeSet(odd, from), false);
      const message = { type: 'add-token-knockout', from, to: 12 } as const;
      assert.throws(() => editFor(TEXT, message, { session: { shown: { example: odd } } }), { kind: 'usage' });
    }
    assert.deepEqual(
      [3, 8, 12].map((position) => canBeSet(odd, position)),
      [true, true, true],
    );
  });
  it('gives a word that is spelt like a set that exists another name', () => {
    const tokens = example.tokens.map((t, i) => (i === 9 ? { ...t, text: ' Image' } : t));
    const facts = { session: { shown: { example: { ...example, tokens } } } };
    const text = applyEdits(TEXT, editFor(TEXT, { type: 'add-token-knockout', from: 9, to: 12 }, facts));
    assert.deepEqual(read(text).sets, { 'word Image': { kind: 'text', text: 'Image', nth: 1 } });
    assert.equal(labels(text).at(-1), 'word Image->Last');
  });
  it('sets window and question', () => {
    const text = edit(TEXT, { type: 'set-window', window: 5 }, { type: 'set-question', question: 'What is "it"?' });
    const { window, subject } = read(text);
    assert.equal(window, 5);
    assert.equal(subject.kind === 'question' && subject.question, 'What is "it"?');
  });
  it('leaves a text with syntax errors alone', () => {
    assert.throws(() => edit('{ "model": ', { type: 'set-window', window: 5 }), { kind: 'usage' });
  });
});
