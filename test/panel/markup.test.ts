/** Words of a model, a file or a person stay words, whatever they look like. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { FakeHost, recorded, type Engine } from './support/fake-host';
import { closeBrowser, openPage } from './support/page';

const EVIL = '<b onmouseover="window.struck=1">“x”</b><img src=x onerror="window.struck=1">';

/** Nothing of it has become an element, and nothing of it has run. */
async function unharmed(page: Page): Promise<void> {
  assert.equal(await page.locator('[onmouseover], [onerror], img[src="x"]').count(), 0);
  assert.equal(await page.evaluate(() => (window as unknown as { struck?: number }).struck), undefined);
}

describe('panel: markup in words', () => {
  after(closeBrowser);

  it('is text in every view of the panel and in its drawings', async () => {
    const star = recorded('star');
    const { example } = star;
    const tokens = example.tokens.map((t, i) => (i === 150 || i === 160 ? { ...t, text: EVIL } : t));
    const engine: Engine = {
      ...star,
      experiment: { ...star.experiment, question: EVIL, gold: EVIL, model: EVIL, title: EVIL },
      model: { ...star.model, family: EVIL },
      example: { ...example, tokens, sets: { ...example.sets, [EVIL]: [example.imageStart + 1, 150] } },
      clean: {
        ...star.clean,
        answer: { ...star.clean.answer, text: EVIL },
        top: star.clean.top.map((c) => ({ ...c, text: EVIL })),
      },
      lens: {
        ...star.lens,
        withNorm: { [EVIL]: Object.values(star.lens.withNorm)[0] },
        top: star.lens.top.map((row) => row.map((c) => ({ ...c, text: EVIL }))),
      },
    };
    const host = await FakeHost.open(engine, { width: 546, height: 820 });
    const { page } = host;
    page.setDefaultTimeout(6000);
    const knockouts = [{ kind: 'edge' as const, from: EVIL, to: 'Last', window: 3 }];
    await host.edit({
      knockouts,
      sets: { [EVIL]: { kind: 'patches', patches: [1] } },
      activeSet: EVIL,
      problems: [{ message: EVIL, hint: EVIL, line: 3 }],
    });
    await host.send({ type: 'curves', knockouts, curves: [star.curve('Image->Last w3')!] });
    await host.send({ type: 'status', status: { kind: 'error', message: EVIL, hint: EVIL } });
    await page.getByRole('heading', { name: EVIL }).waitFor();
    for (const button of ['Details', 'Settings']) await page.getByRole('button', { name: button }).first().click();
    await page.getByRole('group', { name: 'Answer' }).getByText(EVIL).first().hover();
    await page.getByRole('combobox', { name: 'Overlay' }).click();
    await page.getByRole('option', { name: `Set: ${EVIL}` }).click();
    await page.locator('#cf-overlay-words').getByText(EVIL).waitFor();
    for (const view of ['Knockouts', 'Logit lens', 'Tokens', 'Token flow']) {
      await host.view(view);
      for (const summary of await page.locator('summary:visible').all()) await summary.click();
      await unharmed(page);
    }
    await host.send({ type: 'status', status: { kind: 'idle' } });
    await page.getByText(/edges? of at least/).waitFor();
    await host.view('Tokens');
    await page.locator('.cf-token').last().hover();
    await page.locator('#cf-token-detail').getByText(EVIL.replace(/ /g, '·')).first().waitFor();
    await unharmed(page);
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: 'Token flow (SVG)' }).click();
    const saved = await host.message('request', host.messages('request').length);
    assert.ok(saved.name === 'export' && saved.params.what === 'flow');
    assert.ok(!saved.params.data.includes('<b ') && saved.params.data.includes('&lt;b'));
    assert.deepEqual(host.complaints, []);
    await host.close();
  });

  it('is text in the table of a data set run', async () => {
    const view = await openPage({ bundle: 'results', receive: () => undefined });
    await view.deliver({
      type: 'results',
      title: EVIL,
      edges: ['Question->Last', `${EVIL}->Last`],
      layers: 3,
      rows: [
        {
          questionId: EVIL,
          image: EVIL,
          question: EVIL,
          gold: EVIL,
          predicted: EVIL,
          baseScore: 0.5,
          outlier: 1,
          curves: { 'Question->Last': [1, 2, 3] },
        },
      ],
      kept: 1,
      done: 1,
      asked: 2,
      failed: [{ questionId: EVIL, message: EVIL }],
    });
    const { page } = view;
    await page.locator('#cf-row-0').getByText(EVIL).first().hover();
    await page.getByText('Which, and why').click();
    await page.getByText(`${EVIL}: ${EVIL}`).waitFor();
    await unharmed(page);
    assert.deepEqual(view.complaints, []);
    await view.close();
  });
});
