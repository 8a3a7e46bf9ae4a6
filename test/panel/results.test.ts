/** The table of a data set run. */
import assert from 'node:assert/strict';
import { closeBrowser, type TestPage } from './support/page';
import { EDGES, openResults, seededRows } from './support/results';

describe('panel: results view', () => {
  let view: Awaited<ReturnType<typeof openResults>>;
  const ids = (page: TestPage['page']): Promise<string[]> =>
    page.locator('.cf-rows [role=row][data-index] [role=gridcell]:nth-child(2)').allInnerTexts();
  afterEach(async () => {
    assert.deepEqual(view.complaints, []);
    await view.close();
  });
  after(closeBrowser);

  it('5,000 questions: outliers first, rows in sight only, sorted by a heading', async () => {
    view = await openResults(5000);
    const { page } = view;
    const rows = seededRows(5000);
    const byOutlier = [...rows].sort((a, b) => b.outlier - a.outlier).map((r) => r.questionId);
    const shown = await ids(page);
    assert.ok(shown.length < 80, `${shown.length} rows in the page`);
    assert.deepEqual(shown.slice(0, 10), byOutlier.slice(0, 10));
    await page.getByRole('button', { name: /Image → Question/ }).click();
    const size = (id: string): number =>
      Math.max(...rows.find((r) => r.questionId === id)!.curves[EDGES[1]].map((v) => Math.abs(v)));
    const first = (await ids(page)).slice(0, 10).map(size);
    assert.deepEqual(
      first,
      rows
        .map((r) => size(r.questionId))
        .sort((a, b) => b - a)
        .slice(0, 10),
      'one click: the largest changes first',
    );
    assert.equal(
      await page.getByRole('columnheader', { name: /Image → Question/ }).getAttribute('aria-sort'),
      'descending',
    );
    await page.locator('.cf-rows').evaluate((e) => (e.scrollTop = 3000 * 34));
    await page.locator('#cf-row-3000').waitFor();
  });

  it('filters, walks by keys, opens by Enter and by a click', async () => {
    view = await openResults(500);
    const { page, sent } = view;
    await page.getByRole('textbox', { name: 'Filter questions' }).fill('SHAPE 100042');
    await page.getByText('1 of 500 questions').waitFor();
    assert.deepEqual(await ids(page), ['100042']);
    await page.getByRole('textbox', { name: 'Filter questions' }).fill('');
    await page.locator('.cf-rows').focus();
    for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'ArrowUp', 'Enter']) await page.keyboard.press(key);
    const order = await ids(page);
    assert.deepEqual(sent.at(-1), { type: 'open-question', questionId: order[1] });
    await page.keyboard.press('End');
    await page.locator('#cf-row-499.cf-active').waitFor();
    await page.locator('#cf-row-498').click();
    assert.equal(sent.at(-1)!.type, 'open-question');
    await page.getByRole('button', { name: 'Open the report' }).click();
    assert.equal(sent.at(-1)!.type, 'open-report');
  });

  it('shows progress, stops, continues, opens the folder', async () => {
    view = await openResults(0);
    const { page, sent, deliver } = view;
    await deliver({ type: 'results-status', status: { kind: 'busy', what: 'Loading the model', cancellable: true } });
    await page.getByText('Loading the model').waitFor();
    await deliver({
      type: 'results-status',
      status: { kind: 'busy', what: '30 of 120 questions', fraction: 0.25, secondsLeft: 130, cancellable: true },
    });
    await page.getByText(/30 of 120 questions/).waitFor();
    await page.getByText(/25 % · about 2 min 10 s left/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await deliver({ type: 'results-status', status: { kind: 'cancelled' } });
    await page.getByText('Every finished question is kept').waitFor();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Open the folder' }).click();
    assert.equal(
      await page.getByRole('button', { name: 'Open the report' }).count(),
      0,
      'there is none without results',
    );
    assert.deepEqual(
      sent.map((m) => m.type),
      ['ready', 'cancel', 'resume', 'open-folder'],
    );
    assert.deepEqual(await page.evaluate(() => (window as unknown as { crossflowState(): unknown }).crossflowState()), {
      uri: 'file:///star.flow.json',
    });
  });

  it('says which questions could not be asked, and why', async () => {
    const failed = Array.from({ length: 60 }, (_, i) => ({
      questionId: `q${i}`,
      message: 'broken.jpg is no picture <b>that</b> can be read',
    }));
    view = await openResults(5, 'dark', 1200, failed);
    const { page, sent, deliver } = view;
    await page.getByText('60 questions could not be asked.').waitFor();
    await page.getByText('Which, and why').click();
    await page.getByText('q0: broken.jpg is no picture <b>that</b> can be read', { exact: true }).waitFor();
    await page.getByText('10 more, all in the journal').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    assert.deepEqual(sent.at(-1), { type: 'resume' });
    await deliver({ type: 'results-status', status: { kind: 'busy', what: 'Loading the model', cancellable: true } });
    await page.getByText('could not be asked').waitFor({ state: 'detached' });
  });
});
