import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { added, EmptyMachine } from '../privacy/machine';
import { Panel } from './support/panel';
import { PATIENCE, until, VSCode } from './support/vscode';

const DATASET = 'examples/dataset.flow.json';
/** What Crossflow may leave: results where the experiment says, what the user saved, and its own cache. */
// The socket is VS Code's own: its server makes one for each window, sometimes after the window is there.
const ALLOWED = /^(work\/examples\/results\/(dataset\/.*)?|cache\/crossflow\/.*|runtime\/vscode-ipc-[\w-]+\.sock)$/;

describe('what a session in VS Code leaves on a machine', function () {
  this.timeout(4 * PATIENCE);
  let machine: EmptyMachine;
  let code: VSCode;
  let atFirst: string[];

  before(async () => {
    machine = new EmptyMachine();
    code = await VSCode.start({ folder: machine.work, env: machine.env });
    atFirst = machine.files();
  });
  after(async () => {
    await code?.stop();
    machine?.remove();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await code.picture(this.currentTest.title);
  });

  it('a click on a patch and a data set run: results and its own cache, nothing else', async () => {
    await code.open('examples/star.flow.json');
    await code.command('Crossflow: Open Panel Beside');
    const panel = await Panel.shown(code);
    await panel.click(65);
    await panel.computed();

    const file = path.join(code.folder, DATASET);
    await writeFile(file, (await readFile(file, 'utf8')).replace(/"limit": \d+/, '"limit": 2'));
    await code.open(DATASET);
    await code.command('Crossflow: Run Data Set');
    const results = await code.webview('results');
    await until(async () => (await results.locator('.cf-rows [role=row][data-index]').count()) > 0, 'the table');
    await until(async () => existsSync(path.join(code.folder, 'examples/results/dataset/report.html')), 'the report');

    const written = added(atFirst, machine.files());
    assert.ok(written.includes('work/examples/results/dataset/journal.jsonl'), 'results are seen');
    assert.deepEqual(
      written.filter((name) => !ALLOWED.test(name)),
      [],
    );
  });
});
