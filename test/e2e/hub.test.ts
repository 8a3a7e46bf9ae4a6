import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { HubServer } from '../support/hub-server';
import { Panel } from './support/panel';
import { PATIENCE, root, VSCode } from './support/vscode';

const ID = 'crossflow-tests/shapes';

describe('a model of the hub in VS Code', function () {
  this.timeout(5 * PATIENCE);
  let server: HubServer;
  let code: VSCode;
  let home: string;
  const before_ = { HF_HOME: process.env.HF_HOME, HF_ENDPOINT: process.env.HF_ENDPOINT };

  before(async () => {
    server = await HubServer.start();
    const shapes = path.join(root, 'models/shapes-llava');
    server.add(
      ID,
      Object.fromEntries(readdirSync(shapes).map((name) => [name, readFileSync(path.join(shapes, name))])),
    );
    home = await mkdtemp(path.join(os.tmpdir(), 'crossflow-hub-'));
    // VS Code hands its environment on.
    Object.assign(process.env, { HF_HOME: home, HF_ENDPOINT: server.endpoint });
    code = await VSCode.start();
    const examples = path.join(code.folder, 'examples');
    const text = await readFile(path.join(examples, 'star.flow.json'), 'utf8');
    await writeFile(path.join(examples, 'hub.flow.json'), text.replace('../models/shapes-llava', ID));
  });
  after(async () => {
    await code?.stop();
    await server?.stop();
    for (const [name, value] of Object.entries(before_)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    await rm(home, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await code.picture(this.currentTest.title);
  });

  it('is asked for once; after a no the panel says so and can ask again; after a yes it is fetched and runs', async () => {
    const dialog = code.page.locator('.monaco-dialog-box', { hasText: `Download ${ID}, 6.2 MB in 7 files` });
    await code.open('examples/hub.flow.json');
    await code.settle(1500);
    assert.deepEqual(server.log, [], 'looking at the text asks for nothing');
    await code.command('Crossflow: Open Panel Beside');
    await dialog.waitFor({ timeout: PATIENCE });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    const frame = await code.webview('panel');
    await frame.getByText(`the model ${ID} is not on this machine`).waitFor({ timeout: PATIENCE });
    assert.deepEqual(server.asked('model.safetensors'), []);
    assert.equal(existsSync(path.join(home, 'hub')), false);

    await frame.getByRole('button', { name: 'Try again' }).click();
    await dialog.waitFor({ timeout: PATIENCE });
    server.bytesPerSecond = 4_000_000;
    await dialog.getByRole('button', { name: 'Download' }).click();
    await code.notification(`downloading ${ID}`).waitFor({ timeout: PATIENCE });
    const panel = await Panel.shown(code);
    assert.ok((await panel.table()).length > 1);
    assert.ok(existsSync(path.join(home, 'hub', 'models--crossflow-tests--shapes', 'refs', 'main')));
  });
});
