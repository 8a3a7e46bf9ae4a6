/** The panel as people use it, with what the real engine said about one question. */
import assert from 'node:assert/strict';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';

const engine = recorded('star');

describe('panel: in a page under the real policy', () => {
  let host: FakeHost;
  beforeEach(async () => {
    host = await FakeHost.open(engine);
    await host.page.locator('cf-curves .cf-curve-list li').nth(3).waitFor();
  });
  afterEach(async () => {
    assert.deepEqual(host.complaints, [], 'no breach of the policy, no error');
    assert.deepEqual(host.messages('panel-error'), []);
    await host.close();
  });
  after(closeBrowser);

  it('shows question, answer, model, curves, lens and tokens', async () => {
    const { page } = host;
    assert.equal(await page.locator('h1').innerText(), 'What is the white shape, a circle or a star?');
    const answer = await page.getByRole('group', { name: 'Answer' }).innerText();
    assert.match(answer, /Star/);
    assert.match(answer, /98\.8 %/);
    assert.match(answer, /right, gold: star/);
    await page.getByRole('button', { name: 'Details' }).click();
    assert.equal(
      await page
        .getByRole('list', { name: /Five most probable/ })
        .getByRole('listitem')
        .count(),
      5,
    );
    assert.match(
      await page.locator('.cf-model').innerText(),
      /10 layers, 4 heads, f16, 161 tokens \(100 of the image\)/,
    );
    assert.equal(await page.locator('cf-lens .cf-curve-list li').count(), 4);
    await host.view('Tokens');
    assert.equal(await page.getByRole('option', { name: /100 image tokens, folded/ }).count(), 1);
  });

  it('the tables hold the numbers of the curves', async () => {
    const { page } = host;
    await page.locator('cf-curves summary').click();
    const row = page.locator('cf-curves tbody tr').nth(7);
    const expected = [
      'Question->Last w3',
      'Image->Last w3',
      'Image Central Object->Question w3',
      'clicked->Question w3',
    ].map((id) => engine.curve(id)!.change[7]);
    const shown = (await row.locator('td').allInnerTexts()).map((t) => Number(t.replace('−', '-').replace(' %', '')));
    shown.forEach((v, i) => assert.ok(Math.abs(v - expected[i]) <= 0.0500001, `${v} ${expected[i]}`));
    await page.locator('cf-curves').getByRole('radio', { name: 'Probability' }).click();
    assert.match(await row.locator('td').first().innerText(), / %$/);
    await page.locator('cf-lens summary').click();
    assert.equal(await page.locator('cf-lens tbody tr').count(), 11);
  });

  it('a click on a curve moves the layer, and overlay, legend and lens follow', async () => {
    const { page } = host;
    const chart = page.locator('cf-curves canvas');
    const box = (await chart.boundingBox())!;
    await chart.click({ position: { x: box.width - 12, y: box.height / 2 } });
    await page.getByText('layer 9 of 0–9', { exact: true }).waitFor();
    await page
      .locator('#cf-overlay-words')
      .getByText(/layer 9 of 0–9/)
      .waitFor();
    await page.getByText(/Five best after layer 9 \(final\)/).waitFor();
  });

  it('the overlay follows head, token and layer', async () => {
    const { page } = host;
    const words = page.locator('#cf-overlay-words');
    const pixels = (): Promise<string> =>
      page.evaluate(
        () =>
          new Promise((done) =>
            requestAnimationFrame(() =>
              requestAnimationFrame(() =>
                done(document.querySelector<HTMLCanvasElement>('.cf-layer-overlay')!.toDataURL()),
              ),
            ),
          ),
      );
    await words.getByText(/mean of 4 heads/).waitFor();
    const mean = await pixels();
    await page.getByRole('combobox', { name: 'Head' }).click();
    await page.getByRole('option', { name: '2', exact: true }).click();
    await words.getByText(/head 2 of 0–3/).waitFor();
    const head = await pixels();
    assert.notEqual(head, mean);
    await page.getByRole('combobox', { name: 'Overlay' }).click();
    await page.getByRole('option', { name: /Effect: Question → Last/ }).click();
    await words.getByText(/No image patch takes part/).waitFor();
    await page.getByRole('combobox', { name: 'Overlay' }).click();
    await page.getByRole('option', { name: /Set: Image Central Object/ }).click();
    await words.getByText(/25 patches/).waitFor();
    assert.notEqual(await pixels(), head);
  });

  it('the overlay is as strong as the slider says', async () => {
    const { page } = host;
    const strongest = (): Promise<number> =>
      page.evaluate(
        () =>
          new Promise((done) =>
            requestAnimationFrame(() =>
              requestAnimationFrame(() => {
                const canvas = document.querySelector<HTMLCanvasElement>('.cf-layer-overlay')!;
                const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
                done(data.reduce((most, value, i) => (i % 4 === 3 ? Math.max(most, value) : most), 0));
              }),
            ),
          ),
      );
    await page.getByRole('button', { name: 'Settings' }).click();
    // The layer with the largest value, to which all are scaled.
    await page.getByRole('slider', { name: 'Layer', exact: true }).fill('4');
    const slider = page.getByRole('slider', { name: 'Strength' });
    await slider.fill('100');
    const full = await strongest();
    assert.ok(full > 100);
    await slider.fill('40');
    assert.ok(Math.abs((await strongest()) - 0.4 * full) <= 2);
    await slider.fill('0');
    assert.equal(await strongest(), 0);
  });

  it('asks for attention and lens once, and says so when the engine cannot', async () => {
    const { page } = host;
    await host.view('Token flow');
    await page
      .locator('cf-flow')
      .getByText(/edges? of at least/)
      .waitFor();
    await host.view('Tokens');
    await page.getByRole('option', { name: /token 135 / }).click();
    await page
      .locator('#cf-overlay-words')
      .getByText(/could not be computed: not recorded|Attention of “.*” \(token 135\)/)
      .waitFor();
    await page.getByRole('option', { name: /token 160 / }).click();
    await page
      .locator('#cf-overlay-words')
      .getByText(/token 160/)
      .waitFor();
    const rows = host
      .messages('request')
      .filter((m) => m.name === 'attention')
      .map((m) => m.params.row);
    assert.deepEqual(rows, [160, 135]);
    assert.deepEqual(host.messages('request').filter((m) => m.name === 'flow').length, 1);
  });

  it('tells the host which answers nobody waits for any more', async () => {
    const { page } = host;
    await host.view('Tokens');
    host.mute = true;
    const [first, second] = [135, 140].map((row) => page.getByRole('option', { name: new RegExp(`token ${row} `) }));
    await first.click();
    const asked = async (name: 'attention' | 'tokenLens'): Promise<number> => {
      for (;;) {
        const found = host.messages('request').find((m) => m.name === name && m.params.row === 135);
        if (found) return found.id;
        await page.waitForTimeout(20);
      }
    };
    const ids = [await asked('attention'), await asked('tokenLens')];
    await second.click();
    await host.message('cancel-request', 2);
    assert.deepEqual(
      host.messages('cancel-request').map(({ id }) => id),
      ids.sort((a, b) => a - b),
    );
  });

  it('begins a second patch set', async () => {
    await host.page.getByRole('button', { name: 'New patch set' }).click();
    await host.message('new-set');
    await host.edit({ activeSet: 'sky' });
    await host.page
      .locator('slot')
      .filter({ hasText: /^sky \(new\)$/ })
      .waitFor();
  });

  it('a knockout is added, shown while it is computed, and removed', async () => {
    const { page } = host;
    await page.getByRole('combobox', { name: 'Target' }).click();
    await page.getByRole('option', { name: 'Question', exact: true }).click();
    await page.locator('cf-curves').getByRole('button', { name: 'Add', exact: true }).click();
    assert.deepEqual((await host.message('add-knockout')).knockout, {
      kind: 'edge',
      from: 'Image',
      to: 'Question',
      window: 3,
    });
    const added = page.locator('cf-curves .cf-curve-list li').nth(4);
    await added.getByText('–').waitFor();
    await host.send({ type: 'curve-part', part: { index: 4, layer: 5, score: 0.5, change: -49.4 } });
    await added.getByText('−49.4 %').waitFor();
    await added.getByText('1/10').waitFor();
    await page.getByRole('button', { name: /Remove Image → Last/ }).click();
    assert.equal((await host.message('remove-knockout')).id, 'Image->Last w3');
    await page.locator('cf-curves .cf-curve-list').getByText('Image → Last').waitFor({ state: 'detached' });
  });

  it('says why a knockout of a cleared set has no curve', async () => {
    const { page } = host;
    await page.getByRole('button', { name: 'Clear the set' }).click();
    await host.message('set-patches');
    const item = page.locator('cf-curves .cf-curve-list li').nth(3);
    await item.getByText('clicked is empty, nothing is blocked').waitFor();
    await page.locator('.cf-picture').click({ position: { x: 60, y: 60 } });
    await item.getByText('nothing is blocked').waitFor({ state: 'detached' });
  });

  it('asks another question, sets the window, chooses the set, checks and exports', async () => {
    const { page } = host;
    await page.getByRole('button', { name: 'Edit the question' }).click();
    await page.getByRole('textbox', { name: 'Question' }).fill('Is the star white?');
    await page.keyboard.press('Enter');
    assert.equal((await host.message('set-question')).question, 'Is the star white?');
    await page.getByRole('heading', { name: 'Is the star white?' }).waitFor();
    const window = page.getByRole('spinbutton', { name: /Window/ });
    await window.fill('5');
    await window.press('Enter');
    assert.equal((await host.message('set-window')).window, 5);
    await window.fill('99');
    await window.press('Tab');
    assert.equal(await window.inputValue(), '5', 'a window larger than the model is not taken');
    await page.getByRole('button', { name: 'Check' }).click();
    await page
      .locator('.cf-check')
      .getByText(/Largest difference .* \(allowed/)
      .waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: 'Picture with overlay (PNG)' }).click();
    await page.getByText('Saved /home/you/results/figure.svg').waitFor();
    const [picture] = host.messages('request').filter((m) => m.name === 'export');
    assert.ok(
      picture.params.what === 'image' &&
        picture.params.data.startsWith('data:image/png;base64,') &&
        picture.params.data.length > 20_000,
    );
    await page.locator('cf-lens').getByRole('radio', { name: 'Without' }).click();
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: 'Figure (PDF)' }).nth(1).click();
    await page.waitForTimeout(100);
    assert.deepEqual(host.messages('request').filter((m) => m.name === 'export')[1].params, {
      what: 'lens',
      format: 'pdf',
      norm: 'withoutNorm',
    });
    await host.view('Token flow');
    await page
      .locator('cf-flow')
      .getByText(/edges? of at least/)
      .waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: 'Token flow (SVG)' }).click();
    await page.waitForTimeout(100);
    const flow = host.messages('request').filter((m) => m.name === 'export')[2];
    assert.ok(flow.params.what === 'flow' && /^<svg[\s\S]*<line [\s\S]*<\/svg>\n$/.test(flow.params.data));
  });

  it('a click on an edge of the token flow blocks it', async () => {
    const { page } = host;
    const flow = page.locator('cf-flow');
    await host.view('Token flow');
    await flow.getByText(/edges? of at least/).waitFor();
    const box = (await flow.locator('.cf-flow-box').boundingBox())!;
    for (let y = 20; y < box.height - 90 && host.messages('add-token-knockout').length === 0; y += 7) {
      await page.mouse.move(box.x + box.width * 0.7, box.y + y);
      if (await page.locator('.cf-can-click').count()) await page.mouse.click(box.x + box.width * 0.7, box.y + y);
    }
    const { from, to } = await host.message('add-token-knockout');
    assert.ok(from < to && to < engine.example.tokens.length);
    await flow.locator('summary').click();
    await flow
      .getByRole('button', { name: /^Block the image/ })
      .first()
      .click();
    const image = await host.message('add-token-knockout', 2);
    assert.deepEqual([image.from, image.image], [engine.example.imageStart, true]);
    // What stands before the image has no name that a knockout could use, and is left out until it is asked for.
    await flow.getByText(/Left out: what stands before the image/).waitFor();
    assert.equal(await flow.getByRole('button', { name: /^Block “·gives”/ }).count(), 0);
    await flow.getByRole('button', { name: 'Settings' }).click();
    await flow.getByRole('checkbox', { name: 'System prompt' }).click();
    await flow.getByRole('combobox', { name: 'Edges' }).click();
    await flow.getByRole('option', { name: 'Read by the token' }).click();
    await flow.getByRole('button', { name: /^Block “·gives” \(15\)/, disabled: true }).waitFor();
    await flow
      .getByTitle(/^No set can hold that token/)
      .first()
      .waitFor();
  });

  it('shows the flow of the chosen token, or of all, with the image as the user wants it', async () => {
    const { page } = host;
    const flow = page.locator('cf-flow');
    await host.view('Token flow');
    const words = flow.locator('.cf-legend');
    const pick = async (name: string, value: string): Promise<void> => {
      await flow.getByRole('combobox', { name }).click();
      await flow.getByRole('option', { name: value, exact: true }).click();
    };
    await words.getByText(/on a path to the chosen token “:” \(160\).*sum over all 100 patches/).waitFor();
    await pick('Edges', 'Read by the token');
    await words.getByText(/read by the chosen token “:” \(160\)/).waitFor();
    await host.view('Tokens');
    await page.getByRole('option', { name: /token 159 / }).click();
    await host.view('Token flow');
    await words.getByText(/read by the chosen token “·ASSISTANT” \(159\)/).waitFor();
    await pick('Edges', 'Read from the token');
    await words.getByText(/read from the chosen token “·ASSISTANT”/).waitFor();
    await pick('Edges', 'All tokens');
    await pick('Image patches in the flow', 'Mean per patch');
    await words.getByText(/mean over all 100 patches/).waitFor();
    await pick('Image patches in the flow', 'Left out');
    await words.getByText(/Left out: what stands before the image, .* from the image\./).waitFor();
    await flow.locator('summary').click();
    assert.equal(await flow.getByRole('button', { name: /^Block the image/ }).count(), 0);
  });

  it('a set is new until the first click has made it', async () => {
    const { page } = host;
    const shown = page.getByRole('combobox', { name: 'Set that clicks edit' }).locator('.selected-value');
    await host.edit({ sets: {} });
    await shown.getByText('clicked (new)', { exact: true }).waitFor();
    await host.edit({ sets: { clicked: { kind: 'patches', patches: [3] } } });
    await shown.getByText('clicked', { exact: true }).waitFor();
  });

  it('plays the layers, stops, and remembers over a reload', async () => {
    const { page } = host;
    await page.getByRole('button', { name: 'Play the layers' }).click();
    await page.waitForFunction(() => /layer 8/.test(document.querySelector('.cf-layer-number')?.textContent ?? ''));
    await page.getByRole('button', { name: 'Pause' }).click();
    const layer = await page.locator('.cf-layer-number').innerText();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('checkbox', { name: 'Grid' }).click();
    await page.getByRole('combobox', { name: 'Head' }).click();
    await page.getByRole('option', { name: '1', exact: true }).click();
    await page.reload();
    await page
      .locator('#cf-overlay-words')
      .getByText(/head 1 of 0–3/)
      .waitFor();
    assert.equal(await page.locator('.cf-layer-number').innerText(), layer);
    assert.equal(await page.getByRole('checkbox', { name: 'Grid' }).getAttribute('aria-checked'), 'false');
  });

  it('remembers over a reload what the token flow shows, and of which token', async () => {
    const { page } = host;
    const flow = page.locator('cf-flow');
    await host.view('Tokens');
    await page.getByRole('option', { name: /token 159 / }).click();
    await host.view('Token flow');
    await flow.getByRole('combobox', { name: 'Edges' }).click();
    await flow.getByRole('option', { name: 'Read from the token', exact: true }).click();
    await flow.getByRole('combobox', { name: 'Image patches in the flow' }).click();
    await flow.getByRole('option', { name: 'Mean per patch', exact: true }).click();
    await flow.getByRole('button', { name: 'Settings' }).click();
    await flow.getByRole('checkbox', { name: 'Self' }).click();
    await page.reload();
    await host.view('Token flow');
    const words = flow.locator('.cf-legend');
    await words.getByText(/read from the chosen token “·ASSISTANT”.*mean over all 100 patches/).waitFor();
    assert.equal(await flow.getByRole('checkbox', { name: 'Self' }).getAttribute('aria-checked'), 'true');
  });

  it('undo and redo are the text editor’s', async () => {
    const { page } = host;
    await page.locator('.cf-picture').focus();
    for (const keys of ['Control+z', 'Control+Shift+z', 'Control+y']) await page.keyboard.press(keys);
    await host.message('redo', 2);
    assert.deepEqual([host.messages('undo').length, host.messages('redo').length], [1, 2]);
  });

  it('obeys the palette', async () => {
    const { page } = host;
    await host.send({ type: 'do', action: 'next-layer' });
    await page.getByText('layer 6 of 0–9', { exact: true }).waitFor();
    await host.send({ type: 'do', action: 'clear-patches' });
    assert.deepEqual((await host.message('set-patches')).patches, []);
    await host.send({ type: 'do', action: 'focus-image' });
    await page.waitForFunction(() => document.activeElement?.classList.contains('cf-picture'));
    await host.send({ type: 'do', action: 'export' });
    await page.getByRole('menu').waitFor();
  });
});
