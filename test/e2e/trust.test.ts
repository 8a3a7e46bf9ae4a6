import assert from 'node:assert/strict';
import { PATIENCE, until, VSCode } from './support/vscode';

describe('a folder that is not trusted', function () {
  this.timeout(4 * PATIENCE);
  let code: VSCode;
  before(async () => {
    code = await VSCode.start({ trustPrompt: true, settings: { 'security.workspace.trust.startupPrompt': 'never' } });
  });
  after(() => code?.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await code.picture(this.currentTest.title);
  });

  it('can be looked at, and nothing runs', async () => {
    await code.open('examples/star.flow.json');
    await code.command('Crossflow: Open Panel Beside');
    const frame = await code.webview('panel');
    await frame.getByText(/This workspace is not trusted/).waitFor({ timeout: PATIENCE });
    const picture = frame.locator('img.cf-plain-picture');
    await picture.waitFor({ timeout: PATIENCE });
    // The element is there before its file has come.
    await until(() => picture.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 0), 'the picture');
    assert.equal(await picture.evaluate((img: HTMLImageElement) => img.naturalWidth), 336);
    await code.settle(1500);
    assert.throws(() => code.enginePid(), /no engine/);
  });
});
