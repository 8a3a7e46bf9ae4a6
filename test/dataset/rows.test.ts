import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { absentKnockouts } from '../../src/core/dataset/absent';
import { TASKS, neededColumns } from '../../src/core/dataset/layout';
import { readDataset, toQuestion } from '../../src/core/dataset/rows';
import { CrossflowError } from '../../src/core/errors';
import type { Experiment } from '../../src/core/experiment/types';
import { repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

const examples = path.join(repositoryRoot, 'examples');

const edge = (text: string) => {
  const [from, to] = text.split('->');
  return { kind: 'edge', from, to, window: 3 };
};

describe('task files', () => {
  const folder = temporaryFolder();
  before(async () => {
    await mkdir(folder.join('images'));
    for (const name of ['1.jpg', '2.png']) await writeFile(folder.join('images', name), 'x');
  });
  /** Writes a ChooseAttr file and reads it. */
  const read = async (text: string | Uint8Array, limit?: number) => {
    const csv = folder.join('t_ChooseAttr.csv');
    await writeFile(csv, text);
    return readDataset({ csv, images: folder.join('images'), ...(limit === undefined ? {} : { limit }) });
  };
  const refusal = async (text: string | Uint8Array): Promise<string> => {
    const error = await read(text).then(
      () => assert.fail('must be refused'),
      (e: unknown) => e,
    );
    assert.ok(error instanceof CrossflowError && error.kind === 'usage', String(error));
    return path.basename(error.line.split(' (')[0]);
  };
  const columns = neededColumns(TASKS['ChooseAttr']);
  const head = columns.join(',');
  const good = '007,1,Is the ball red or blue?,red,red,blue,ball,3,4,5,6';

  it('reads all six examples', async () => {
    const files = (await readdir(examples)).filter((name) => name.endsWith('.csv'));
    const tasks = new Map<string, Awaited<ReturnType<typeof readDataset>>>();
    for (const name of files) {
      const data = await readDataset({ csv: path.join(examples, name), images: path.join(examples, 'images') });
      tasks.set(data.task, data);
    }
    assert.deepEqual([...tasks.keys()].sort(), Object.keys(TASKS).sort());
    for (const { rows, total } of tasks.values()) assert.deepEqual([rows.length, total], [60, 60]);
    const first = (task: string) => tasks.get(task)!.rows[0];
    assert.deepEqual(first('ChooseAttr').objects, [[26, 26, 114, 104]]);
    assert.deepEqual(first('ChooseAttr').options, ['striped', 'plain']);
    assert.equal(first('ChooseAttr').objectName, 'triangle');
    // The first object is absent, the second is there.
    assert.deepEqual(first('LogicalObj').objects, [[26, 26, 114, 104]]);
    assert.deepEqual(first('ChooseRel').objects, [[192, 156, 91, 91], [66, 198, 56, 56]]); // prettier-ignore
    assert.equal(first('CompareAttr').options, undefined);
    assert.equal(first('QueryAttr').questionId, '000001');
  });

  it('takes a byte order mark, any line ends, quotes and empty lines', async () => {
    const row = '008,2,"Is the ""ball"", which\r\nlies here, red or blue?",red,red,blue,ball,-,-,-,-';
    for (const end of ['\n', '\r\n', '\r']) {
      const { rows } = await read(`\ufeff${head}${end}${good}${end}${end}${row}${end}`);
      assert.equal(rows.length, 2);
      assert.equal(rows[0].questionId, '007');
      assert.equal(rows[1].question, 'Is the "ball", which\r\nlies here, red or blue?');
      assert.deepEqual(rows[1].objects, []);
      assert.equal(path.basename(rows[1].image), '2.png');
      assert.deepEqual(rows.map((r) => r.line), [2, 4]); // prettier-ignore
    }
  });

  it('takes img_id with .jpg, and "goden answer"', async () => {
    const { rows } = await read(`${head.replace(',answer,', ',goden answer,')}\n${good.replace(',1,', ',1.jpg,')}\n`);
    assert.equal(path.basename(rows[0].image), '1.jpg');
    assert.equal(rows[0].answer, 'red');
  });

  it('limits to the first rows, and needs only their pictures', async () => {
    const { rows, total } = await read(`${head}\n${good}\n${good.replace('007,1', '009,77')}\n`, 1);
    assert.deepEqual([rows.length, total], [1, 2]);
  });

  it('names every missing column', async () => {
    for (const column of columns) {
      const at = columns.indexOf(column);
      const without = (line: string) => line.split(',').filter((_, i) => i !== at).join(','); // prettier-ignore
      const message = await refusal(`${without(head)}\n${without(good)}\n`);
      assert.equal(message, `t_ChooseAttr.csv:1: lacks the column "${column}"`);
    }
  });

  it('a file of no published task has what its columns show, and no half of a box', async () => {
    const csv = folder.join('own.csv');
    const bare = ['question_id', 'img_id', 'question', 'answer'];
    const own = async (columns: string[], row: string) => {
      await writeFile(csv, `${columns.join(',')}\n${row}\n`);
      return readDataset({ csv, images: folder.join('images') });
    };
    const { rows } = await own([...bare, 'obj x'], '1,1,Is it red?,red,3');
    const knockouts = ['Question->Last', 'Image Central Object->Question', 'True Option->Last', 'mine->Last'];
    const experiment = { instruction: '', sets: {}, knockouts: knockouts.map(edge) } as unknown as Experiment;
    assert.deepEqual(absentKnockouts(rows, experiment).map((line) => line.replace(/: "central.*/, '')), [
      'Image Central Object->Question has no curve: no question has "Image Central Object" (no row has a box',
      'True Option->Last has no curve: no question has "True Option" (no row has "true option" and "false option" that its question has)',
    ]); // prettier-ignore
    await assert.rejects(own([...bare, 'object1 y', 'object1 w', 'object1 h'], '1,1,Is it red?,red,3,4,5'), {
      message: 'lacks the column "object1 x"',
      hint: /this file needs .*object1 x, object1 y/,
    });
  });

  it('says file and line of what is malformed', async () => {
    const cases: [string | Uint8Array, string][] = [
      ['', 't_ChooseAttr.csv: has no rows'],
      [`${head}\n`, 't_ChooseAttr.csv: has no rows'],
      [`${head}\n${good}\n${good},more\n`, 't_ChooseAttr.csv:3: has 12 fields where the header has 11'],
      [`${head}\n${good.replace('3,4,5,6', '3,4,5')}\n`, 't_ChooseAttr.csv:2: has 10 fields where the header has 11'],
      [`${head}\n${good}\n008,1,"Is it`, 't_ChooseAttr.csv:3: a quote opens here and is never closed'],
      [`${head}\n${good}\n008,1,"Is"it\n`, 't_ChooseAttr.csv:3: text after a closing quote'],
      [`${head}\n${good.replace('3,4,5,6', '3,four,5,6')}\n`, 't_ChooseAttr.csv:2: "central object y" is "four"'],
      [`${head}\n${good.replace('3,4,5,6', '3,4.5,5,6')}\n`, 't_ChooseAttr.csv:2: "central object y" is "4.5"'],
      [`${head}\n${good.replace('3,4,5,6', '3,4,-5,6')}\n`, 't_ChooseAttr.csv:2: "central object w" is "-5"'],
      [`${head}\n${good.replace('3,4,5,6', '-,4,5,6')}\n`, 't_ChooseAttr.csv:2: "central object x" is "-"'],
      [`${head}\n${good.replace(',red,red', ',,red')}\n`, 't_ChooseAttr.csv:2: "answer" is empty'],
      [
        `${head}\n${good}\n${good.replace('007,1', '9,5')}\n`,
        't_ChooseAttr.csv:3: no picture for row 2, question 9: 5.jpg',
      ],
      [Buffer.from([0x61, 0xff, 0xfe]), 't_ChooseAttr.csv: is not UTF-8 text'],
    ];
    for (const [text, message] of cases) assert.equal(await refusal(text), message);
  });

  it('passes options and the object’s name on only where the question has them', async () => {
    const { rows } = await read(
      `${head}\n${good}\n${good.replace('red or blue', 'nice')}\n${good.replace(',ball,', ',sphere,')}\n`,
    );
    const experiment = { instruction: '', sets: {} } as Experiment;
    const [all, bare, unnamed] = rows.map((row) => toQuestion(row, experiment));
    assert.deepEqual([all.options, all.objectName], [['red', 'blue'], 'ball']);
    assert.deepEqual([bare.options, bare.objectName], [undefined, 'ball']);
    assert.deepEqual([unnamed.options, unnamed.objectName], [['red', 'blue'], undefined]);
  });
});
