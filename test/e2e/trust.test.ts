import assert from 'node:assert/strict';
import { PATIENCE, VSCode } from './support/vscode';

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
    await frame.locator('img.cf-plain-picture').waitFor({ timeout: PATIENCE });
    const size = await frame.locator('img.cf-plain-picture').evaluate((img: HTMLImageElement) => img.naturalWidth);
    assert.equal(size, 336);
    await code.settle(1500);
    assert.throws(() => code.enginePid(), /no engine/);
  });
});
