import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { parseExperiment } from '../../src/core/experiment/parse';
import { csvProblem } from '../../src/host/language/csv';
import { temporaryFolder } from '../support/temporary';

describe('the CSV of a data set, told of in the text', () => {
  const folder = temporaryFolder();
  async function problem(csv: string): Promise<{ at: string; message: string; hint?: string } | undefined> {
    const file = folder.join('own.csv');
    writeFileSync(file, csv);
    const text = '{ "model": "./m", "dataset": { "csv": "own.csv", "images": "." } }';
    const found = await csvProblem(parseExperiment(text, folder.join('own.flow.json')).experiment!);
    if (!found) return undefined;
    const { offset, length, message, hint } = found;
    return { at: text.slice(offset, offset + length), message, ...(hint !== undefined && { hint }) };
  }

  it('names the columns that are missing and those that are there, at the key of the CSV', async () => {
    assert.deepEqual(await problem('image,question,answer\na.jpg,Is it red?,yes\n'), {
      at: '"own.csv"',
      message: 'own.csv, line 1: lacks the column "question_id"',
      hint: 'it has image, question, answer; this file needs question_id, img_id, question, answer',
    });
  });
  it('names the line of a row that cannot be read, and nothing of a file that is right', async () => {
    const head = 'question_id,image,question,answer\n';
    const wrong = await problem(`${head}1,a.jpg,Is it red?,yes\n2,a.jpg,,yes\n`);
    assert.equal(wrong?.message, 'own.csv, line 3: "question" is empty');
    assert.equal(await problem(`${head}1,a.jpg,Is it red?,yes\n`), undefined);
  });
});
