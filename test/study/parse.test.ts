import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { DEFAULT_INSTRUCTION, knockoutId } from '../../src/core/experiment/types';
import { parseStudy } from '../../src/core/study/parse';
import { studyJsonSchema } from '../../src/core/study/schema';
import { selectRuns } from '../../src/core/study/select';
import { repositoryRoot } from '../support/golden';

const FILE = '/somewhere/my.study.json';
const parse = (text: string | object) => parseStudy(typeof text === 'string' ? text : JSON.stringify(text), FILE);
const plain = { models: ['./m'], tasks: ['a_ChooseAttr.csv'], images: 'images' };

describe('parseStudy', () => {
  it('makes a run of each model and task, with every knockout in every window', () => {
    const { study, problems } = parse(`{
      // two models
      "models": ["./one", { "model": "org/two-7b", "name": "Two", "prompt": "llava_llama_3", "aspect": "pad", "instruction": "!" }],
      "tasks": ["x_ChooseAttr.csv", { "csv": "/data/y_QueryAttr.csv", "images": ["p", "q"], "limit": 5 }],
      "images": "pictures", "limit": 9, "prompt": "vicuna_v1",
      "sets": { "it": { "text": "it" } },
      "knockouts": ["Question->Last", { "from": "it", "to": "Last", "window": 2 }, { "prune": "Image" }],
      "windows": [1, 5], "track": ["red"], "topWords": 3, "method": "full", "output": "out",
    }`);
    assert.deepEqual(problems, []);
    assert.ok(study);
    assert.deepEqual(study.runs.map((run) => run.id), ['one-ChooseAttr', 'one-QueryAttr', 'Two-ChooseAttr', 'Two-QueryAttr']); // prettier-ignore
    assert.deepEqual([study.name, study.output], ['my', '/somewhere/out']);
    const [first, , , last] = study.runs.map((run) => run.experiment);
    assert.deepEqual(first.knockouts.map(knockoutId), ['Question->Last w1', 'Question->Last w5', 'it->Last w2', 'prune:Image']); // prettier-ignore
    assert.deepEqual(first.model, { kind: 'folder', path: '/somewhere/one' });
    assert.deepEqual(first.subject, { kind: 'dataset', csv: '/somewhere/x_ChooseAttr.csv', images: '/somewhere/pictures', limit: 9 }); // prettier-ignore
    assert.deepEqual([first.template, first.aspect, first.instruction], ['vicuna_v1', undefined, DEFAULT_INSTRUCTION]);
    assert.equal(first.output, '/somewhere/out/one-ChooseAttr');
    assert.deepEqual([last.template, last.aspect, last.instruction], ['llava_llama_3', 'pad', '!']);
    assert.deepEqual(last.subject, { kind: 'dataset', csv: '/data/y_QueryAttr.csv', images: ['/somewhere/p', '/somewhere/q'], limit: 5 }); // prettier-ignore
    assert.deepEqual([last.method, last.topWords, last.track], ['full', 3, ['red']]);
  });

  it('takes the six published edges and a window of 9 where nothing is said', () => {
    const { study } = parse(plain);
    const ids = study?.runs[0].experiment.knockouts.map(knockoutId) ?? [];
    assert.equal(ids.length, 6);
    assert.ok(ids.every((id) => id.endsWith(' w9')) && ids[0] === 'Question->Last w9');
  });

  it('names, places and fixes what is wrong', () => {
    const cases: readonly [text: string | object, line: number, pattern: RegExp][] = [
      ['', 1, /the study is empty/],
      ['{\n  "models": ["./m"],\n  "task": []\n}', 3, /unknown key "task".*did you mean "tasks"/],
      [{ ...plain, tasks: [] }, 1, /"tasks" needs at least 1 entry/],
      [{ model: './m', dataset: { csv: 'a.csv', images: 'i' } }, 1, /this is an experiment, not a study/],
      [
        '{ "models": ["./m"], "images": "i",\n"tasks": [{ "csv": "a_X.csv", "limits": 3 }] }',
        2,
        /did you mean "limit"/,
      ],
      ['{ "tasks": ["a.csv"], "images": "i",\n"models": [3] }', 2, /a folder, an id or/],
      ['{ "tasks": ["a.csv"], "images": "i",\n"models": ["what ever"] }', 2, /neither a folder nor a Hugging Face id/],
      ['{ "models": ["./m"],\n"tasks": ["a_ChooseAttr.csv"] }', 2, /no pictures for this task.*add "images"/],
      [
        '{ "models": ["./m",\n"./other/m"], "tasks": ["a.csv"], "images": "i" }',
        2,
        /two models are called "m".*"name"/,
      ],
      [{ ...plain, tasks: ['a_T.csv', 'b_t.csv'] }, 1, /two tasks are called "t"/],
      [{ ...plain, models: ['./a-b', './a'], tasks: ['x_c.csv', 'x_b-c.csv'] }, 1, /would share the folder "a-b-c"/],
      [{ ...plain, knockouts: ['Question->Lost'] }, 1, /unknown set "Lost".*did you mean "Last"/],
      [{ ...plain, knockouts: ['Question to Last'] }, 1, /did you mean "Question->Last"/],
      [{ ...plain, windows: [0] }, 1, /must be at least 1/],
      [{ ...plain, slurm: { setup: ['a\nb'] } }, 1, /one line of text/],
      [{ ...plain, slurm: { shard: 3 } }, 1, /did you mean "shards"/],
    ];
    for (const [text, line, pattern] of cases) {
      const { study, problems } = parse(text);
      const said = problems.map((p) => `${p.message} (${p.hint ?? ''})`).join('\n');
      assert.equal(study, undefined, said);
      assert.match(said, pattern);
      assert.equal(problems[0].line, line, said);
    }
  });

  it('never throws and always points inside the text, whatever the text', () => {
    const good = readFileSync(path.join(repositoryRoot, 'examples/all.study.json'), 'utf8');
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(40), fc.string({ maxLength: 12 }), (at, length, insert) => {
        const text = good.slice(0, at) + insert + good.slice(at + length);
        for (const p of parse(text).problems) assert.ok(p.offset >= 0 && p.offset + p.length <= text.length);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.json(), (text) => void parse(text)),
      { numRuns: 200 },
    );
  });

  it('--model and --task choose runs, capitals apart, and know near names', () => {
    const { study } = parse({ ...plain, models: ['./one', './two'], tasks: ['x_ChooseAttr.csv', 'x_QueryAttr.csv'] });
    assert.ok(study);
    const chosen = selectRuns(study, { models: ['TWO'], tasks: ['queryattr'] });
    assert.deepEqual(chosen.map((run) => run.id), ['two-QueryAttr']); // prettier-ignore
    assert.throws(() => selectRuns(study, { tasks: ['QueryAttrs'] }), /no task "QueryAttrs"/);
    assert.equal(selectRuns(study, {}).length, 4);
  });
});

describe('JSON schema of *.study.json', () => {
  it('in schemas/ is the one the parser uses (npm run schema writes it), and describes every key', () => {
    const schema = studyJsonSchema();
    const written: unknown = JSON.parse(readFileSync(path.join(repositoryRoot, 'schemas/study.schema.json'), 'utf8'));
    assert.deepEqual(written, JSON.parse(JSON.stringify(schema)));
    const undescribed: string[] = [];
    const walk = (node: unknown, place: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, value] of Object.entries(node)) {
        if (key === 'properties') {
          for (const [name, property] of Object.entries(value as Record<string, { description?: string }>)) {
            if (!property.description) undescribed.push(`${place}.${name}`);
          }
        }
        walk(value, `${place}.${key}`);
      }
    };
    walk(schema, '');
    assert.deepEqual(undescribed, []);
  });
});
