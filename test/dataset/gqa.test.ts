import assert from 'node:assert/strict';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { TASKS } from '../../src/core/dataset/layout';
import { ImageFinder, imageNames } from '../../src/core/dataset/images';
import { readDataset, toQuestion, type Dataset } from '../../src/core/dataset/rows';
import { CrossflowError } from '../../src/core/errors';
import type { Experiment } from '../../src/core/experiment/types';
import { repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

/** The headers of the published task files, `datasets/*.csv` of the study's repository, to the letter. */
const PUBLISHED = {
  'GQA_val_correct_question_with_choose_ChooseAttr.csv':
    'question_id,img_id,question,answer,true option,false option,central object name,central object id,central object attributes,central object question attribute,all objects,all objects attributes,type_detailed,type_semantic,type_structural,operations,operation_1,operation_2,captions,image_w,image_h,central object w,central object h,central object x,central object y,full answer',
  'GQA_val_correct_question_with_categoryThatThisChoose_objThisChoose_ChooseCat.csv':
    'question_id,img_id,question,answer,true option,false option,central object name,central object id,type_detailed,type_semantic,type_structural,operations,captions,image_w,image_h,central object w,central object h,central object x,central object y',
  'GQA_val_correct_question_with_existThatOr_LogicalObj.csv':
    'question_id,img_id,question,answer,object1 name,object1 id,object2 name,object2 id,question word,type_detailed,type_semantic,type_structural,operations,captions,image_w,image_h,object1 w,object1 h,object1 x,object1 y,object2 w,object2 h,object2 x,object2 y',
  'GQA_val_correct_question_with_positionQuery_QueryAttr.csv':
    'question_id,img_id,question,answer,central object name,central object id,question word,type_detailed,type_semantic,type_structural,operations,captions,image_w,image_h,central object w,central object h,central object x,central object y',
  'GQA_val_correct_question_with_relChooser_ChooseRel.csv':
    'question_id,img_id,question,answer,true option,false option,object1 name,object1 id,object2 name,object2 id,type_detailed,type_semantic,type_structural,operations,captions,image_w,image_h,object1 w,object1 h,object1 x,object1 y,object2 w,object2 h,object2 x,object2 y',
  'GQA_val_correct_question_with_twoCommon_CompareAttr.csv':
    'question_id,img_id,question,answer,object1 name,object1 id,object2 name,object2 id,question word,type_detailed,type_semantic,type_structural,operations,captions,image_w,image_h,object1 w,object1 h,object1 x,object1 y,object2 w,object2 h,object2 x,object2 y',
} as const;

/** What GQA's cells look like: Python's lists, captions with quotes and apostrophes, numbers with leading zeros. */
const VALUES: Readonly<Record<string, string>> = {
  question_id: '00145707',
  img_id: '2390560',
  question: 'Is the jar, on the left, full or empty?',
  answer: 'empty',
  'true option': 'empty',
  'false option': 'full',
  'central object name': 'jar',
  'object1 name': 'jar',
  'object2 name': '-',
  operations: "[{'operation': 'select', 'dependencies': [], 'argument': 'jar (496168)'}]",
  captions: 'label on a jar says "honey". some of the remote\'s buttons, two of them. ',
  'central object x': '253',
  'central object y': '291',
  'central object w': '60',
  'central object h': '105',
  'object1 x': '1',
  'object1 y': '0',
  'object1 w': '497',
  'object1 h': '348',
  'object2 id': '-',
  'object2 x': '-',
  'object2 y': '-',
  'object2 w': '-',
  'object2 h': '-',
};

describe('original GQA files', () => {
  const folder = temporaryFolder();
  const images = (...names: string[]) => folder.join('images', ...names);
  const jpeg = path.join(repositoryRoot, 'examples/images/2300000.jpg');
  const read = (csv: string, from: string | readonly string[] = folder.join('images')): Promise<Dataset> =>
    readDataset({ csv, images: from });
  const write = (name: string, text: string): string => {
    const file = folder.join(name);
    writeFileSync(file, text);
    return file;
  };
  const refusal = async (promise: Promise<unknown>): Promise<string> => {
    const error = await promise.then(
      () => assert.fail('must be refused'),
      (e: unknown) => e,
    );
    assert.ok(error instanceof CrossflowError && error.kind === 'usage', String(error));
    return error.line;
  };
  /** A file of the published columns, with changed values and names of columns. */
  const table = (
    name: keyof typeof PUBLISHED,
    change: Record<string, string> = {},
    rename: Record<string, string> = {},
  ) => {
    const columns = PUBLISHED[name].split(',');
    const row = columns.map((column) => ({ ...VALUES, ...change })[column] ?? 'x');
    return stringify([columns.map((column) => rename[column] ?? column), row]);
  };
  const choose = 'GQA_val_correct_question_with_choose_ChooseAttr.csv';

  before(() => {
    mkdirSync(images('VG_100K'), { recursive: true });
    mkdirSync(images('VG_100K_2', 'deep'), { recursive: true });
    cpSync(jpeg, images('VG_100K', '2390560.jpg'));
    cpSync(jpeg, images('VG_100K_2', 'deep', '7.JPEG'));
    writeFileSync(images('VG_100K', '8.png'), 'other bytes');
  });

  it('are read as they are, all six', async () => {
    const names = Object.keys(PUBLISHED) as (keyof typeof PUBLISHED)[];
    assert.deepEqual(names.map((name) => /_([A-Za-z]+)\.csv$/.exec(name)![1]).sort(), Object.keys(TASKS).sort()); // prettier-ignore
    for (const name of names) {
      const { rows, task } = await read(write(name, table(name)));
      const [row] = rows;
      assert.equal(name.includes(`_${task}.csv`), true);
      assert.deepEqual([row.questionId, row.answer], ['00145707', 'empty']);
      assert.equal(row.image, images('VG_100K', '2390560.jpg'));
      const options = TASKS[task].options ? ['empty', 'full'] : undefined;
      assert.deepEqual(row.options, options);
      const central = TASKS[task].boxes.includes('central object');
      // The second object is not in the picture.
      const box = { 'ChooseRel': [1, 0, 497, 348], 'CompareAttr': [1, 0, 497, 348], 'LogicalObj': [1, 0, 497, 348] }[task]; // prettier-ignore
      assert.deepEqual(row.objects, [central ? [253, 291, 60, 105] : box]);
      assert.equal(row.objectName, TASKS[task].objectName ? 'jar' : undefined);
      assert.equal(
        toQuestion(row, { instruction: '', sets: {} } as unknown as Experiment).question,
        VALUES['question'],
      );
    }
  });

  it('by other names of columns, with a byte order mark, with columns of one’s own', async () => {
    const other = { answer: 'goden answer', img_id: 'image', question_id: 'Question_ID', captions: '' };
    for (const answer of ['goden answer', 'Answer', 'golden answer'])
      assert.equal((await read(write(choose, `\ufeff${table(choose, {}, { ...other, answer })}`))).rows[0].answer, 'empty'); // prettier-ignore
    const wider = table(choose)
      .split('\n')
      .map((line, i) => (line ? `${i === 0 ? '' : '0'},${line},${i === 0 ? 'note' : '"a, b"'}` : line));
    assert.equal((await read(write(choose, wider.join('\n')))).rows[0].questionId, '00145707');
  });

  it('with quotes and commas as careless programs leave them', async () => {
    const columns = 'question_id,img_id,question,answer,central object name,central object x,central object y,central object w,central object h'; // prettier-ignore
    const row = '1,2390560,Is the 5" jar full?,no,jar,1,2,3,4,,';
    const file = write('x_QueryAttr.csv', `${columns}\n${row}\n`);
    const { rows } = await read(file);
    assert.equal(rows[0].question, 'Is the 5" jar full?');
    assert.match(await refusal(read(write('x_QueryAttr.csv', `${columns}\n${row}5\n`))), /x_QueryAttr\.csv:2: has 11 fields where the header has 9/); // prettier-ignore
    assert.match(await refusal(read(write('x_QueryAttr.csv', `${columns}\n${row.replace('Is the', '"Is" the')}\n`))), /:2: text after a closing quote/); // prettier-ignore
  });

  it('with pictures anywhere: by any ending, in any letters, below several folders', async () => {
    const cases: [string, string][] = [
      ['2390560', 'VG_100K/2390560.jpg'],
      ['2390560.jpg', 'VG_100K/2390560.jpg'],
      ['7', 'VG_100K_2/deep/7.JPEG'],
      ['7.jpg', 'VG_100K_2/deep/7.JPEG'],
      ['8', 'VG_100K/8.png'],
      ['VG_100K/8.png', 'VG_100K/8.png'],
    ];
    for (const [id, file] of cases) {
      const text = table(choose, { img_id: id });
      assert.equal((await read(write(choose, text))).rows[0].image, images(file));
      assert.equal((await read(write(choose, text), [images('VG_100K'), images('VG_100K_2'), images()])).rows[0].image, images(file)); // prettier-ignore
    }
    const line = await refusal(read(write(choose, table(choose, { img_id: '7' })), images('VG_100K')));
    assert.match(
      line,
      /ChooseAttr\.csv:2: no picture for row 1, question 00145707: 7\.jpg \(looked in .*VG_100K and below\)/,
    );
    assert.match(await refusal(read(write(choose, table(choose, { img_id: '../images/VG_100K/8' })))), /no picture/);
    assert.deepEqual(imageNames('/etc/passwd'), []);
  });

  it('but never one of two different pictures of the same name', async () => {
    mkdirSync(folder.join('two', 'a'), { recursive: true });
    mkdirSync(folder.join('two', 'b'), { recursive: true });
    for (const place of ['a', 'b']) cpSync(jpeg, folder.join('two', place, '1.jpg'));
    // A link back up must not send the search around for ever.
    symlinkSync(folder.join('two'), folder.join('two', 'a', 'up'), 'junction');
    const found = await new ImageFinder(folder.join('two')).find('1');
    assert.equal(found?.image, folder.join('two', 'a', '1.jpg'));
    writeFileSync(folder.join('two', 'b', '1.jpg'), 'another');
    await assert.rejects(new ImageFinder(folder.join('two')).find('1'), /two pictures are called 1\.jpg/);
    // Where the folder itself has it, nothing else is looked at.
    assert.equal((await new ImageFinder([folder.join('two', 'b'), folder.join('two')]).find('1'))?.imageBytes, 7);
  });
});
