import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crossflow, EXAMPLES, MODEL, outcome, scratch, start } from './crossflow';

const FLOW = 'question_id,image,goden answer,predicted answer,question,block_desc,layer,base_score_first,new_score_first,relative diff first'; // prettier-ignore
const table = (window: number): [name: string, text: string] => [
  `GQA_val_correct_question_with_choose_ChooseAttr_window${window}_Question___Last.csv`,
  [
    FLOW,
    ...[0, 1, 2].flatMap((q) => [0, 1].map((l) => `${q},23,red,red,Is it?,Question->Last,${l},0.5,0.${2 + q},-50`)),
  ].join('\n'),
];

describe('crossflow plot', () => {
  const write = scratch();

  it('draws tables of the published scripts, and prints what it wrote', async () => {
    const [name, text] = table(9);
    const output = write('plotted');
    const { code, stdout, stderr } = await crossflow(
      'plot',
      `old=${write(name, text)}`,
      '--output',
      output,
      '--palette',
      'published',
      '--json',
    );
    assert.deepEqual([code, stderr], [0, '']);
    const { runs, files } = JSON.parse(stdout) as { runs: unknown; files: string[] };
    assert.deepEqual(runs, [{ model: 'old', task: 'ChooseAttr', questions: 3 }]);
    for (const file of files) assert.ok(existsSync(file), file);
    for (const file of ['report.html', 'report.md', 'figures/ChooseAttr/old/information_flow.pdf'])
      assert.ok(files.includes(join(output, file)), file);
    // The paper's colour of Question->Last.
    assert.match(readFileSync(join(output, 'figures/ChooseAttr/old/information_flow.svg'), 'utf8'), /#a7c957/);
  });

  it('says on standard error what it had to assume', async () => {
    const [, text] = table(9);
    const { code, stdout, stderr } = await crossflow('plot', write('flow_QueryAttr.csv', text), '--output', write('assumed')); // prettier-ignore
    assert.equal(code, 0);
    assert.match(stdout, /^QueryAttr, .*: 3 questions\n/);
    assert.match(stderr, /^crossflow: warning: [^\n]*9 layers are assumed \(--window says otherwise\)\n$/);
  });

  it('refuses what it cannot draw, and leaves nothing behind', async () => {
    const output = write('refused');
    const cases: [string[], RegExp][] = [
      [['plot', '--output', output], /missing required argument 'results'/],
      [['plot', EXAMPLES], /required option '--output <folder>' not specified/],
      [['plot', write('nowhere'), '--output', output], /nowhere: does not exist/],
      [['plot', join(MODEL, 'config.json'), '--output', output], /config\.json: is no table of results/],
      [['plot', join(EXAMPLES, 'images'), '--output', output], /images: holds no results/],
      [['plot', EXAMPLES, '--output', output, '--window', '0'], /whole number from 1/],
      [['plot', EXAMPLES, '--output', output, '--palette', 'red'], /colour-blind, published/],
      [['plot', EXAMPLES, '--output', join(MODEL, 'config.json', 'x')], /output folder cannot be made/],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await crossflow(...args);
      assert.match(stderr, message);
      assert.match(stderr, /^crossflow: [^\n]+\n$/);
      assert.deepEqual([code, stdout], [2, '']);
    }
    assert.ok(!existsSync(output));
  });

  it('ends with 130 when it is interrupted', async () => {
    const folder = write('many');
    for (const window of [1, 3, 5, 7, 9, 11]) {
      const [name, text] = table(window);
      mkdirSync(join(folder, String(window)), { recursive: true });
      writeFileSync(join(folder, String(window), name), text);
    }
    const child = start(['plot', folder, '--output', write('interrupted')]);
    const ended = outcome(child);
    const first = write('interrupted') + '/figures';
    while (!existsSync(first) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    assert.equal((await ended).code, 130);
  });
});

describe('crossflow run of a data set', () => {
  const write = scratch();
  it('writes a report that shows its pictures and the patches of their objects', async () => {
    const experiment = {
      model: MODEL,
      prompt: 'vicuna_v1',
      dataset: {
        csv: join(EXAMPLES, 'shapes_val_question_with_choose_ChooseAttr.csv'),
        // Found below, although the first has none.
        images: [MODEL, EXAMPLES],
        limit: 5,
      },
      knockouts: ['Question->Last'],
      window: 3,
      output: 'out',
    };
    const { code, stdout, stderr } = await crossflow('run', write('small.flow.json', experiment), '--json');
    assert.equal(code, 0, stderr);
    const { files } = JSON.parse(stdout) as { files: string[] };
    const report = files.find((file) => file.endsWith('report.html'))!;
    const html = readFileSync(report, 'utf8');
    assert.match(html, /class="picture"/);
    assert.match(html, /class="box"/);
    assert.match(html, /class="patch"/);
    assert.ok(files.includes(join(write('out'), 'report.md')));
  });

  it('says what "images" may be', async () => {
    const csv = join(EXAMPLES, 'shapes_val_question_with_choose_ChooseAttr.csv');
    const refused = async (images: unknown, message: RegExp): Promise<void> => {
      const { code, stderr } = await crossflow(
        'run',
        write('bad.flow.json', { model: MODEL, dataset: { csv, images } }),
      );
      assert.match(stderr, message);
      assert.equal(code, 2);
    };
    await refused(7, /"dataset\.images" must be a folder or a list of folders/);
    await refused([], /"dataset\.images" needs at least 1 entry/);
    await refused([EXAMPLES, 'nowhere'], /the pictures' folder .*nowhere does not exist/);
  });
});
