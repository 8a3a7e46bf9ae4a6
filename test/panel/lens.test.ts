/** The words that the lens draws. */
import assert from 'node:assert/strict';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';

describe('panel: the lens', () => {
  let host: FakeHost;
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);

  it("names the model's own answer where it is neither gold answer nor option", async () => {
    const engine = recorded('star');
    const { withNorm, withoutNorm, top } = engine.lens;
    const renamed = (all: typeof withNorm): typeof withNorm => ({
      square: all.star,
      circle: all.circle,
      Star: all.Star,
    });
    const lens = { withNorm: renamed(withNorm), withoutNorm: renamed(withoutNorm), top };
    const experiment = { ...engine.experiment, gold: 'square', options: ['square', 'circle'] as const };
    host = await FakeHost.open({ ...engine, experiment, lens });
    const words = host.page.locator('cf-lens .cf-curve-list li span:not(.cf-number)');
    await words.first().waitFor({ state: 'attached' });
    assert.deepEqual(await words.allTextContents(), ['square', 'circle', 'Star (the answer)']);
  });
});
