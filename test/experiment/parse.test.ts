import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrossflowError } from '../../src/core/errors';
import { parseEdge } from '../../src/core/experiment/edges';
import { applyEdits } from '../../src/core/experiment/edits';
import { checkAgainstModel } from '../../src/core/experiment/facts';
import { checkFiles } from '../../src/core/experiment/files';
import { nodeAt, outline } from '../../src/core/experiment/locate';
import { BUILTIN_SETS, PUBLISHED_EDGES } from '../../src/core/experiment/names';
import { loadExperiment, parseExperiment } from '../../src/core/experiment/parse';
import type { Problem, ProblemCode } from '../../src/core/experiment/problems';
import { knockoutLabel, type Experiment } from '../../src/core/experiment/types';
import { windowLayers } from '../../src/core/experiment/formulas';
import { repositoryRoot } from '../support/golden';

const FILE = '/work/exp/star.flow.json';
const good = { model: './m', image: 'images/a.jpg', question: 'Is the star red or blue?' };
const parse = (value: object | string) =>
  parseExperiment(typeof value === 'string' ? value : JSON.stringify(value, null, 2), FILE);

function experimentOf(value: object | string): Experiment {
  const { experiment, problems } = parse(value);
  assert.ok(experiment, JSON.stringify(problems));
  return experiment;
}

/** The only error, and the text it points at. */
function onlyError(value: object | string, code: ProblemCode): { problem: Problem; at: string; text: string } {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const { experiment, problems } = parseExperiment(text, FILE);
  const errors = problems.filter((p) => p.severity === 'error');
  assert.equal(experiment, undefined);
  assert.equal(errors.length, 1, JSON.stringify(errors, null, 1));
  const problem = errors[0];
  assert.equal(problem.code, code, problem.message);
  const lines = text.slice(0, problem.offset).split('\n');
  assert.deepEqual([problem.line, problem.column], [lines.length, lines.at(-1)!.length + 1]);
  return { problem, at: text.slice(problem.offset, problem.offset + problem.length), text };
}

/** Applies the only fix and expects an experiment without errors. */
function fixed(value: object | string, code: ProblemCode): Experiment {
  const { problem, text } = onlyError(value, code);
  assert.equal(problem.fixes?.length, 1, 'one fix');
  return experimentOf(applyEdits(text, problem.fixes[0].edits));
}

describe('parseExperiment', () => {
  it('fills in the published defaults', () => {
    const e = experimentOf(good);
    assert.deepEqual(e.subject, {
      kind: 'question',
      image: '/work/exp/images/a.jpg',
      question: good.question,
      sets: {},
      instruction: ' \nAnswer the question using a single word or phrase.',
    });
    assert.deepEqual(
      [e.window, e.method, e.output, e.template, e.track],
      [9, 'fork', '/work/exp/results', undefined, undefined],
    );
    assert.deepEqual(e.model, { kind: 'folder', path: '/work/exp/m' });
  });

  it('reads everything of the design, with comments and trailing commas', () => {
    const e = experimentOf(`{
      "$schema": "x", "model": "llava-hf/llava-1.5-7b-hf", // a hub id
      "prompt": "vicuna_v1", "instruction": "",
      "image": { "file": "a.jpg", "aspect": "pad" },
      "question": "Is the star red or blue?", "answer": "red", "options": ["red", "blue"],
      "objects": [[40, 60, 150, 120]],
      "sets": { "clicked": { "patches": [22, 12, 13, 12] }, "verb": { "text": "Is", "nth": 2 }, "rest": { "not": "clicked" }, },
      "knockouts": ["Question -> Last", { "from": "clicked", "to": "Question", "window": 3, "heads": [1, 0] },
        { "attention": "Last" }, { "mlp": "verb", "window": 1 }, { "prune": "rest" }],
      "window": 5, "track": ["red"], "output": "../out", "method": "full",
    }`);
    assert.deepEqual(e.model, { kind: 'hub', id: 'llava-hf/llava-1.5-7b-hf' });
    assert.deepEqual(e.sets, {
      clicked: { kind: 'patches', patches: [12, 13, 22] },
      verb: { kind: 'text', text: 'Is', nth: 2 },
      rest: { kind: 'not', of: 'clicked' },
    });
    assert.deepEqual(e.knockouts, [
      { kind: 'edge', from: 'Question', to: 'Last', window: 5 },
      { kind: 'edge', from: 'clicked', to: 'Question', window: 3, heads: [0, 1] },
      { kind: 'attention', of: 'Last', window: 5 },
      { kind: 'mlp', of: 'verb', window: 1 },
      { kind: 'prune', of: 'rest' },
    ]);
    assert.equal(e.subject.kind === 'question' && e.subject.aspect, 'pad');
    assert.deepEqual([e.instruction, e.output, e.method, e.track], ['', '/work/out', 'full', ['red']]);
  });

  it('reads a data set experiment', () => {
    const e = experimentOf({
      model: './m',
      dataset: { csv: 'x.csv', images: 'i', limit: 4 },
      knockouts: ['True Option->Last'],
    });
    assert.deepEqual(e.subject, { kind: 'dataset', csv: '/work/exp/x.csv', images: '/work/exp/i', limit: 4 });
    assert.equal(
      onlyError({ model: './m', question: 'x?', dataset: { csv: 'x', images: 'i' } }, 'conflict').at,
      '"question"',
    );
  });

  it('a byte order mark does not shift places', () => {
    const { at, problem } = onlyError('\uFEFF' + JSON.stringify({ ...good, windw: 3 }), 'unknown-key');
    assert.deepEqual([at, problem.hint], ['"windw"', 'did you mean "window"?']);
  });

  it('names, places and fixes what is wrong', () => {
    const cases: [object | string, ProblemCode, string, RegExp][] = [
      [{ ...good, window: 0 }, 'wrong-value', '0', /"window" must be at least 1, not 0/],
      [{ ...good, window: 2.5 }, 'wrong-value', '2.5', /whole number/],
      [{ ...good, window: '3' }, 'wrong-value', '"3"', /"window" must be a number, not a text/],
      [{ ...good, question: '' }, 'wrong-value', '""', /"question" is empty/],
      [{ ...good, prompt: 'llama' }, 'wrong-value', '"llama"', /"vicuna_v1" or "llava_llama_3"/],
      [{ model: './m', image: 'a' }, 'missing-key', '{', /"question" is missing/],
      [{ image: 'a', question: 'b' }, 'missing-key', '{', /"model" is missing/],
      [{ ...good, model: 'shapes' }, 'bad-model', '"shapes"', /neither a folder nor a Hugging Face id/],
      [{ ...good, options: ['red'] }, 'wrong-value', '[\n    "red"\n  ]', /"options" needs 2 entries, not 1/],
      [{ ...good, objects: [[1, 2, 3, -1]] }, 'wrong-value', '-1', /box 1\[3\] must be at least 0/],
      [{ ...good, sets: { a: { patches: [-1] } } }, 'wrong-value', '-1', /set "a" \(patches\[0\]\) must be at least 0/],
      [{ ...good, sets: { Last: { patches: [1] } } }, 'reserved-name', '"Last"', /exists already/],
      [
        { ...good, sets: { a: { not: 'b' }, b: { patches: [1] }, c: { not: 'c' } } },
        'circular-set',
        '"c"',
        /by itself/,
      ],
      [{ ...good, knockouts: ['Qestion->Last'] }, 'unknown-set', 'Qestion', /unknown set "Qestion"/],
      [{ ...good, knockouts: ['constructor->Last'] }, 'unknown-set', 'constructor', /unknown set/],
      [{ ...good, knockouts: ['True Option->Last'] }, 'unknown-set', 'True Option', /needs "options"/],
      [
        { ...good, knockouts: ['Question->Image Central Object'] },
        'unknown-set',
        'Image Central Object',
        /needs "objects"/,
      ],
      [{ ...good, knockouts: ['Question'] }, 'bad-edge', '"Question"', /has no "->"/],
      [
        { ...good, knockouts: [{ from: 'Image', to: 'Last', heads: [] }] },
        'wrong-value',
        '[]',
        /needs at least 1 entry/,
      ],
      [{ ...good, knockouts: [{ from: 'Image' }] }, 'missing-key', '{', /knockout 1 needs "to"/],
      [{ ...good, knockouts: [7] }, 'wrong-value', '7', /knockout 1 must be an edge/],
      [{ ...good, knockouts: [{ prune: 'Text' }] }, 'wrong-value', '"Text"', /^"Text" cannot be dropped: the answer/],
      ['[]', 'wrong-value', '[]', /an object/],
      ['', 'syntax', '', /empty/],
      ['{"model": "./m" "image": "a", "question": "b"}', 'syntax', '"image"', /comma is missing/],
      ['{"model": "./m", "model": "a"}', 'duplicate-key', '"model"', /twice/],
      ['{"__proto__": {"model": 1}}', 'reserved-name', '"__proto__"', /cannot be a name/],
      ['['.repeat(100_000), 'syntax', '', /nested too deeply/],
    ];
    for (const [value, code, at, message] of cases) {
      const found = onlyError(value, code);
      assert.match(found.problem.message, message);
      assert.equal(found.at, at, found.problem.message);
    }
  });

  it('offers fixes that make it right', () => {
    const edge = (k: string) =>
      fixed({ ...good, knockouts: [k] }, 'bad-edge').knockouts[0] as { from: string; to: string };
    for (const text of [
      'Question Last',
      'Question to Last',
      'Question=>Last',
      'Question → Last',
      'Question-Last',
      'Question↛Last',
    ]) {
      const { from, to } = edge(text);
      assert.deepEqual([from, to], ['Question', 'Last'], text);
    }
    assert.equal(fixed({ ...good, windw: 3 }, 'unknown-key').window, 3);
    assert.deepEqual(fixed({ ...good, knockouts: ['Qestion->Last'] }, 'unknown-set').knockouts[0], {
      kind: 'edge',
      from: 'Question',
      to: 'Last',
      window: 9,
    });
    assert.equal(fixed({ ...good, method: 'Full' }, 'wrong-value').method, 'full');
    assert.equal(fixed(JSON.stringify(good).replace('","', '" "'), 'syntax').window, 9);
    assert.equal(fixed(JSON.stringify(good).slice(0, -1) + ', // end\n', 'syntax').window, 9);
    assert.equal(
      fixed({ ...good, sets: { clickd: { patches: [1] } }, knockouts: ['clicked->Last'] }, 'unknown-set').knockouts
        .length,
      1,
    );
  });

  it('a mistyped key is one problem', () => {
    assert.equal(onlyError({ modl: './m', image: 'a', question: 'b' }, 'unknown-key').at, '"modl"');
    assert.equal(onlyError({ ...good, knockouts: [{ from: 'Image', too: 'Last' }] }, 'unknown-key').at, '"too"');
  });

  it('says so when it is given a study', () => {
    const { problem, at } = onlyError({ models: ['./m'], tasks: ['a.csv'] }, 'wrong-value');
    assert.equal(at, '"tasks"');
    assert.match(`${problem.message}; ${problem.hint}`, /^this is a study, .*"crossflow study run"$/);
  });

  it('warns without refusing', () => {
    const sets = { a: { text: 'moon' }, b: { patches: [] } };
    const value = { ...good, sets, knockouts: ['a->Last', 'a->Last', 'b->Last'] };
    const { experiment, problems } = parse(value);
    assert.ok(experiment);
    assert.deepEqual(
      problems.map((p) => [p.code, p.severity]),
      [
        ['text-not-found', 'warning'],
        ['empty-set', 'warning'],
        ['duplicate-knockout', 'warning'],
      ],
    );
  });

  it('warns of an edge towards what stands before its source, and turns it round', () => {
    const sets = { clicked: { patches: [1] }, rest: { not: 'clicked' }, word: { text: 'star' } };
    const voids = (...knockouts: unknown[]) => {
      const text = JSON.stringify({ ...good, sets, knockouts });
      const { experiment, problems } = parse(text);
      assert.ok(experiment);
      return problems.map((p) => {
        assert.deepEqual([p.code, p.severity, p.fixes?.length], ['void-edge', 'warning', 1]);
        const turned = experimentOf(applyEdits(text, p.fixes![0].edits));
        return `${p.message}; ${p.hint}; ${turned.knockouts.map(knockoutLabel).join(', ')}`;
      });
    };
    assert.deepEqual(voids('Question->Image', 'Image->Last'), [
      '"Image" stands before "Question" and cannot see it, so nothing is blocked; ' +
        'did you mean "Image->Question"?; Image->Question, Image->Last',
    ]);
    assert.equal(voids({ from: ' Last ', to: 'Image', heads: [0] }).length, 1);
    assert.equal(
      voids('Last->word', 'Last->clicked', 'word->rest', 'Image->System', 'Instruction->Question').length,
      4,
    );
    // Inside one part of the prompt the tokens decide, and the whole text ends with the last position.
    assert.deepEqual(voids('Last->Last', 'rest->clicked', 'word->Question', 'Instruction->Text'), []);
  });

  it('never throws and always points inside the text, whatever the text', () => {
    const sample = JSON.stringify(
      { ...good, sets: { a: { patches: [1] } }, knockouts: ['a->Last', { mlp: 'a' }] },
      null,
      1,
    );
    const broken = fc
      .tuple(fc.nat({ max: sample.length }), fc.nat({ max: 12 }), fc.string({ maxLength: 6 }))
      .map(([at, cut, put]) => sample.slice(0, at) + put + sample.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(broken, fc.json(), fc.string()), (text) => {
        const { experiment, problems } = parseExperiment(text, FILE);
        assert.equal(
          experiment === undefined,
          problems.some((p) => p.severity === 'error'),
        );
        for (const p of problems) {
          assert.ok(p.offset >= 0 && p.length >= 0 && p.offset + p.length <= text.length, p.message);
          assert.ok(p.message.length > 0 && !p.message.includes('undefined'), p.message);
          for (const fix of p.fixes ?? []) parseExperiment(applyEdits(text, fix.edits), FILE);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe('loadExperiment', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crossflow-load-'));
  after(() => rmSync(dir, { recursive: true }));
  const failure = async (file: string) => {
    const e: unknown = await loadExperiment(file).then(
      () => undefined,
      (e: unknown) => e,
    );
    assert.ok(e instanceof CrossflowError);
    assert.equal(e.kind, 'usage');
    return e.line;
  };

  it('says file, line and column', async () => {
    const file = join(dir, 'a.flow.json');
    writeFileSync(
      file,
      '{\n  "model": "./m",\n  "image": "a.jpg",\n  "question": "q?",\n  "knockouts": ["Qestion->Last"]\n}\n',
    );
    assert.equal(await failure(file), `${file}:5:18: unknown set "Qestion" (did you mean "Question"?)`);
  });

  it('refuses what is not a text file', async () => {
    assert.match(await failure(join(dir, 'none.flow.json')), /no such file/);
    assert.match(await failure(dir), /not a file/);
    assert.match(await failure('/dev/zero'), /not a file/);
    const latin = join(dir, 'latin.flow.json');
    writeFileSync(latin, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
    assert.match(await failure(latin), /not a UTF-8 text/);
  });
});

describe('checkFiles', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crossflow-files-'));
  after(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'images'));
  const problemsOf = async (value: object) => {
    const text = JSON.stringify(value);
    const { experiment } = parseExperiment(text, join(dir, 'a.flow.json'));
    return (await checkFiles(experiment!)).map(
      (p) => [p.code, p.severity, text.slice(p.offset, p.offset + p.length), p.hint] as const,
    );
  };
  const picture = join(repositoryRoot, 'examples/images/2300009.jpg');

  it('names what is missing and the nearest there is', async () => {
    writeFileSync(join(dir, 'images', 'star.jpg'), 'x');
    mkdirSync(join(dir, 'model'));
    assert.deepEqual(await problemsOf({ model: './modle', image: 'images/stra.jpg', question: 'q' }), [
      ['missing-file', 'error', '"./modle"', 'did you mean "model"?'],
      ['missing-file', 'error', '"images/stra.jpg"', 'did you mean "images/star.jpg"?'],
    ]);
    assert.deepEqual(
      (await problemsOf({ model: './model', dataset: { csv: 'no.csv', images: 'nowhere' } })).map((p) => p[2]),
      ['"no.csv"', '"nowhere"'],
    );
    assert.equal((await problemsOf({ model: './model', image: 'images', question: 'q' }))[0]?.[0], 'missing-file');
  });

  it('a box outside the picture is an error, one over its border a warning', async () => {
    const base = { model: './model', image: picture, question: 'q' };
    const found = await problemsOf({
      ...base,
      objects: [
        [0, 0, 336, 336],
        [300, 300, 50, 50],
        [400, 0, 10, 10],
      ],
    });
    assert.deepEqual(
      found.map((p) => p.slice(0, 3)),
      [
        ['box-outside', 'warning', '[300,300,50,50]'],
        ['box-outside', 'error', '[400,0,10,10]'],
      ],
    );
    assert.match(found[0][3]!, /336 x 336/);
  });

  it('a picture that is none', async () => {
    const found = await problemsOf({
      model: './model',
      image: 'images/star.jpg',
      question: 'q',
      objects: [[0, 0, 1, 1]],
    });
    assert.deepEqual(
      found.map((p) => p[0]),
      ['missing-file'],
    );
  });
});

describe('checkAgainstModel', () => {
  it('knows windows, heads, patches and sets', () => {
    const text = JSON.stringify({
      ...good,
      window: 12,
      sets: { a: { patches: [3, 100] } },
      knockouts: ['Question->Last', { from: 'a', to: 'Image Pad', heads: [0, 4], window: 11 }],
    });
    const { experiment } = parseExperiment(text, FILE);
    const found = checkAgainstModel(experiment!, {
      layers: 10,
      heads: 4,
      imageTokens: 100,
      sets: { a: 2, Question: 5, Last: 1, Image: 0 },
    });
    assert.deepEqual(
      found.map((p) => [p.code, p.severity, text.slice(p.offset, p.offset + p.length)]),
      [
        ['window-too-large', 'warning', '12'],
        ['patch-out-of-range', 'error', '100'],
        ['unknown-set', 'error', '"Image Pad"'],
        ['head-out-of-range', 'error', '4'],
        ['window-too-large', 'warning', '11'],
      ].sort((x, y) => text.indexOf(x[2]) - text.indexOf(y[2])),
    );
    assert.deepEqual(checkAgainstModel(experimentOf({ ...good, window: 3 }), { layers: 10, heads: 4 }), []);
  });

  it('checks names also without a text', () => {
    const e = { ...experimentOf({ ...good, knockouts: ['Image->Last'] }) };
    assert.deepEqual(
      checkAgainstModel(e, { layers: 10, heads: 4, sets: { Last: 1 } }).map((p) => p.code),
      ['unknown-set'],
    );
  });
});

describe('windows, edges and places', () => {
  it('windowLayers is the published window', () => {
    assert.deepEqual(
      [0, 1, 5, 9].map((l) => windowLayers(l, 3, 10)),
      [
        [0, 2],
        [0, 3],
        [4, 7],
        [8, 10],
      ],
    );
    assert.deepEqual(
      [0, 5, 9].map((l) => windowLayers(l, 4, 10)),
      [
        [0, 2],
        [3, 7],
        [7, 10],
      ],
    );
    assert.deepEqual(windowLayers(31, 9, 32), [27, 32]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 120 }), fc.nat(), (layers, size, at) => {
        const center = at % layers;
        const [start, end] = windowLayers(center, size, layers);
        assert.ok(start <= center && center < end && start >= 0 && end <= layers && end - start <= size);
      }),
    );
  });

  it('edges of any names come back', () => {
    const name = fc.string({ minLength: 1 }).filter((s) => s.trim() === s && s !== '' && !s.includes('>'));
    fc.assert(
      fc.property(name, name, fc.constantFrom('', ' ', '  '), (from, to, blank) => {
        const edge = parseEdge(`${blank}${from}${blank}->${blank}${to}`);
        assert.ok(edge.ok);
        assert.deepEqual([edge.from, edge.to], [from, to]);
        assert.ok(`${blank}${from}${blank}->${blank}${to}`.startsWith(to, edge.toAt));
      }),
    );
    assert.equal(parseEdge('A->B->C').ok, false);
    assert.ok(PUBLISHED_EDGES.every((edge) => parseEdge(edge).ok));
    assert.equal(new Set(BUILTIN_SETS.map((s) => s.name)).size, BUILTIN_SETS.length);
  });

  it('nodeAt tells what stands at an offset', () => {
    const text =
      '{ "window": 3, "sets": { "a": { "patches": [1, 2] } }, "knockouts": ["Question->Last", { "from": "a", "to": "Last" }], "objects": [[1, 2, 3, 4]] }';
    const at = (needle: string, within = 1) => nodeAt(text, text.indexOf(needle) + within);
    assert.deepEqual(at('"window"'), {
      kind: 'key',
      key: 'window',
      path: ['window'],
      range: { offset: 2, length: 8 },
      onKey: true,
    });
    const set = at('"a"');
    assert.ok(set?.kind === 'set' && set.name === 'a' && set.onKey);
    const inSet = at('[1, 2]', 1);
    assert.ok(inSet?.kind === 'set' && !inSet.onKey);
    const to = at('Last", {', 2);
    assert.ok(to?.kind === 'knockout' && to.index === 0 && to.set?.name === 'Last');
    assert.equal(text.slice(to.set.range.offset, to.set.range.offset + to.set.range.length), 'Last');
    const arrow = at('->', 1);
    assert.ok(arrow?.kind === 'knockout' && arrow.set === undefined);
    const from = at('"from": "a"', 9);
    assert.ok(from?.kind === 'knockout' && from.index === 1 && from.set?.name === 'a');
    const box = at('[[1', 3);
    assert.ok(box?.kind === 'object' && box.index === 0);
    assert.equal(nodeAt(text, 1), undefined);
    const parts = outline(text);
    assert.deepEqual(
      parts.knockouts.map((r) => text.slice(r.offset, r.offset + r.length)),
      ['"Question->Last"', '{ "from": "a", "to": "Last" }'],
    );
    assert.deepEqual(Object.keys(parts.keys), ['window', 'sets', 'knockouts', 'objects']);
  });
});
