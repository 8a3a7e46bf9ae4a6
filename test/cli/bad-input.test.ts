import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crossflow, EXAMPLES, MODEL, scratch } from './crossflow';

const image = join(EXAMPLES, 'images/2300034.jpg');
const good = {
  model: MODEL,
  prompt: 'vicuna_v1',
  image,
  question: 'What is the white shape, a circle or a star?',
  window: 3,
};

/** One line on standard error, nothing on standard output, exit 2. */
async function refused(args: string[], line: RegExp): Promise<void> {
  const { code, stdout, stderr } = await crossflow(...args);
  assert.match(stderr, line);
  assert.match(stderr, /^crossflow: [^\n]+\n$/, 'exactly one line');
  assert.equal(stdout, '');
  assert.equal(code, 2, stderr);
}

describe('crossflow, wrongly used', () => {
  it('names the flag that is wrong', async () => {
    await refused(['run'], /missing required argument 'file'/);
    await refused(['run', 'x', '--jsn'], /unknown option '--jsn' \(Did you mean --json\?\)/);
    await refused(['rnu', 'x'], /unknown command 'rnu' \(Did you mean run\?\)/);
    await refused(['run', 'x', '--method', 'fast'], /Allowed choices are fork, full/);
    await refused(['run', 'x', '--threads', '0'], /whole number from 1/);
    await refused(['run', 'x', '--memory', 'lots'], /e\.g\. 512M/);
    await refused(['inspect', 'nowhere/at-all'], /nowhere\/at-all is not on this disk/);
    await refused(['inspect', './nowhere'], /nowhere: there is no such checkpoint folder/);
  });

  it('prints help for no arguments, version and help on demand', async () => {
    const none = await crossflow();
    assert.deepEqual([none.code, none.stdout], [2, '']);
    assert.match(none.stderr, /Usage: crossflow/);
    const help = await crossflow('--help');
    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(help.stdout, /Exit codes: 0 done, 1 failed, 2 wrong usage or config, 130 interrupted/);
    assert.match((await crossflow('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

describe('crossflow run, bad experiments', () => {
  const write = scratch();
  const bad = (change: object, line: RegExp) => refused(['run', write('bad.flow.json', { ...good, ...change })], line);

  it('says file, line, column and what would be right', async () => {
    const file = write('star.flow.json', { ...good, knockouts: ['Question->Lats'] });
    const { stderr } = await crossflow('run', file);
    assert.equal(stderr, `crossflow: ${file}:8:16: unknown set "Lats" (did you mean "Last"?)\n`);
  });

  it('refuses what the parser refuses', async () => {
    await refused(['run', write('none.flow.json')], /no such file/);
    await refused(['run', EXAMPLES], /not a file/);
    await refused(['run', write('broken.flow.json', '{ "model": ')], /:1:\d+: the text ends before the closing "}"/);
    await bad({ window: 0 }, /"window" must be at least 1/);
    await bad({ sets: { a: { patches: [] } }, knockouts: ['a->Last'] }, /set "a" is empty/);
  });

  it('refuses files that are missing or wrong', async () => {
    await bad({ image: 'none.jpg' }, /:4:12: the image file .*none\.jpg does not exist/);
    await bad({ model: './none' }, /:2:12: the model folder .*none does not exist/);
    await bad(
      { objects: [[1000, 0, 10, 10]] },
      /box 1 \[1000, 0, 10, 10\] lies outside the image \(the image has 336 x 336 pixels\)/,
    );
    await bad({ image: write('noise.jpg', 'no picture at all') }, /noise\.jpg/);
    const empty = write('empty');
    mkdirSync(empty, { recursive: true });
    await bad({ model: empty }, /empty/);
  });

  it('refuses what the model cannot do, at its place', async () => {
    await bad(
      { knockouts: [{ from: 'Question', to: 'Last', heads: [9] }] },
      /:\d+:\d+: head 9 does not exist \(the model has heads 0 to 3\)/,
    );
    const csv = join(EXAMPLES, 'shapes_val_question_with_choose_ChooseAttr.csv');
    const set = { model: MODEL, dataset: { csv, images: join(EXAMPLES, 'images'), limit: 1 }, output: 'never made' };
    const file = write('heads.flow.json', { ...set, knockouts: [{ from: 'Image', to: 'Last', heads: [9] }] });
    await refused(['run', file, '--method', 'full'], /heads\.flow\.json:\d+:\d+: head 9 does not exist/);
    await bad({ knockouts: ['Image Pad->Last'] }, /bad\.flow\.json:8:\d+: .*Image Pad/);
    await bad({ sets: { far: { patches: [100] } }, knockouts: ['far->Last'] }, /bad\.flow\.json:\d+:\d+: .*far.*100/);
    await bad({ image: { file: image, aspect: 'anyres' } }, /anyres/);
  });

  it('a text that is not in the prompt', async () => {
    const file = write('text.flow.json', { ...good, sets: { far: { text: 'moon' } }, knockouts: ['far->Last'] });
    const { code, stderr } = await crossflow('run', file);
    assert.equal(code, 2);
    assert.match(stderr, /text\.flow\.json:\d+:\d+: set "far": the text "moon" does not stand after the image/);
  });

  it('an output folder that cannot be written, before any work', async () => {
    const blocked = write('blocked', 'a file');
    await refused(
      ['run', write('ok.flow.json', good), '--output', join(blocked, 'deep', 'out')],
      /blocked: the output folder cannot be made: this is a file/,
    );
    const dataset = {
      csv: join(EXAMPLES, 'shapes_val_question_with_choose_ChooseAttr.csv'),
      images: join(EXAMPLES, 'images'),
    };
    await refused(['run', write('set.flow.json', { model: MODEL, dataset, output: 'blocked/out' })], /this is a file/);
  });

  it('a data set without a needed column, and writes nothing', async () => {
    const csv = write('x_ChooseAttr.csv', 'question_id,img_id,question\n1,2300000,Why?\n');
    const dataset = { csv, images: join(EXAMPLES, 'images') };
    await refused(['run', write('columns.flow.json', { model: MODEL, dataset, output: 'columns-out' })], /answer/);
    assert.equal(existsSync(write('columns-out')), false);
  });

  it('leaves nothing behind', () => {
    const left = readdirSync(join(write('x'), '..')).filter((name) => /result|out|\.crossflow-|tmp/.test(name));
    assert.deepEqual(left, []);
  });
});

describe('crossflow check, bad input', () => {
  const write = scratch();
  it('needs one question with knockouts', async () => {
    await refused(['check', MODEL, '--experiment', write('a.flow.json', good)], /no knockouts/);
    await refused(
      ['check', MODEL, '--experiment', join(EXAMPLES, 'dataset.flow.json')],
      /one question, not a data set/,
    );
    await refused(['check', './none'], /none/);
  });
});
