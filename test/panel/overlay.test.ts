/** What lies over the picture: strong where values are, on one scale, and never a map where there is but one number. */
import assert from 'node:assert/strict';
import path from 'node:path';
import sharp from 'sharp';
import { openModel } from '../../src/core/engine/model';
import { DEFAULT_INSTRUCTION } from '../../src/core/experiment/types';
import { temporaryFolder } from '../support/temporary';
import { FakeHost, recorded, type Engine } from './support/fake-host';
import { closeBrowser, type PageOptions } from './support/page';

const root = path.resolve(import.meta.dirname, '../..');
const LAYER = { name: 'Layer', exact: true } as const;

describe('panel: what lies over the picture', () => {
  const folder = temporaryFolder();
  let host: FakeHost;
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);

  const open = async (engine: Engine, options: Partial<PageOptions> = {}): Promise<void> => {
    host = await FakeHost.open(engine, options, (h) => (h.live = false));
    await host.page.getByText(/scaled to its largest/).waitFor({ state: 'attached' });
  };
  const setLayer = async (layer: number): Promise<void> => {
    await host.page.getByRole('slider', LAYER).fill(String(layer));
    await host.page.waitForTimeout(200);
  };
  /** Alpha (0..255) in the middle of every patch on the layer of the overlay, and how many of its pixels are set at all. */
  const overlay = (): Promise<{ alpha: number[]; drawn: number; white: number }> =>
    host.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('.cf-layer-overlay')!;
      const ctx = canvas.getContext('2d')!;
      const view = document.querySelector('cf-image') as unknown as { control: { list: number[][] } };
      const alpha = view.control.list.map(
        ([l, t, r, b]) => ctx.getImageData(Math.floor((l + r) / 2), Math.floor((t + b) / 2), 1, 1).data[3],
      );
      const { data } = ctx.getImageData(0, 0, canvas.width, canvas.height);
      let [drawn, white] = [0, 0];
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] > 0) drawn++;
        if (data[i] > 240 && data[i + 1] > 240 && data[i + 2] > 240 && data[i + 3] > 200) white++;
      }
      return { alpha, drawn, white };
    });
  /** Attention of patch p: `weights[layer][p]`, the rest on the first token. */
  const attending = (weights: readonly (readonly number[])[]): Engine => {
    const engine = recorded('star');
    const { layers, heads } = engine.model;
    const { tokens, imageStart } = engine.example;
    return {
      ...engine,
      attention: (row) => {
        const columns = tokens.length;
        const values = new Float32Array(layers * heads * columns);
        for (let at = 0; at < layers * heads; at++)
          (weights[Math.floor(at / heads)] ?? []).forEach((w, p) => (values[at * columns + imageStart + p] = w));
        return { rows: [row], layers, heads, columns, values };
      },
    };
  };

  it('covers as much as the value is large, on one scale for all layers unless one for each is asked for', async () => {
    const strong = [0.87, 0.435, 0.087, 0];
    await open(attending([[], strong, strong.map((w) => w / 2900)]));
    await setLayer(1);
    const first = (await overlay()).alpha;
    assert.ok(first[0] > 150, `${first[0]}`);
    assert.ok(Math.abs(first[1] / first[0] - 0.5) < 0.05 && Math.abs(first[2] / first[0] - 0.1) < 0.05, first.join());
    assert.equal(first[3], 0, 'the picture is untouched where nothing is');
    const words = host.page.locator('#cf-overlay-words');
    assert.match(await words.textContent().then(String), /largest value in any layer, 0\.87 \(layer 1\)/);
    assert.match(await words.locator('.cf-scale').textContent().then(String), /^\s*0\s*0\.87\s*$/);
    // 0.03 % must not look like 87 %.
    await setLayer(2);
    const weak = (await overlay()).alpha;
    assert.ok(Math.max(...weak) <= 1, weak.slice(0, 4).join());
    const settings = host.page.getByRole('button', { name: 'Settings' });
    if ((await settings.count()) > 0) await settings.click();
    await host.page.getByRole('checkbox', { name: 'Scale per layer' }).click();
    await host.page.waitForTimeout(200);
    const own = (await overlay()).alpha;
    assert.ok(Math.abs(own[0] - first[0]) <= 1, `${own[0]} and ${first[0]}`);
    assert.match(await words.textContent().then(String), /largest value in this layer, 0\.00030/);
    const state = await host.page.evaluate(() => (window as unknown as { crossflowState(): object }).crossflowState());
    assert.equal((state as { perLayer?: boolean }).perLayer, true, 'remembered over a reload');
  });

  it('is outlined in high contrast, where colours alone may not do', async () => {
    const weights = attending([[], [0.8, 0.5, 0.3, 0.01]]);
    const white: number[] = [];
    for (const theme of ['dark', 'hc-dark', 'hc-light'] as const) {
      await open(weights, { theme });
      await setLayer(1);
      white.push((await overlay()).white);
      const words = await host.page.locator('#cf-overlay-words').textContent();
      assert.equal(/Outlined from 25 %, 50 % and 75 % of the scale on/.test(words ?? ''), theme !== 'dark');
      if (theme !== 'hc-light') await host.close();
    }
    assert.equal(white[0], 0);
    assert.ok(white[1] > 100 && white[2] > 100, white.join());
  });

  it("an effect is its set's outline and one number, not a tint of each patch", async () => {
    await open(recorded('star'));
    await host.page
      .getByRole('button', { name: 'Show the effect of Image Central Object → Question on the picture' })
      .click();
    await setLayer(1);
    const { alpha, drawn } = await overlay();
    const central = host.engine.example.sets['Image Central Object'].map((p) => p - host.engine.example.imageStart);
    const inner = central.filter((p) => [p - 1, p + 1, p - 10, p + 10].every((q) => central.includes(q)));
    assert.ok(inner.length > 4 && inner.every((p) => alpha[p] === 0), 'patches stay clear');
    assert.ok(drawn > 500, 'the outline is drawn');
    await host.page
      .locator('#cf-overlay-words')
      .getByText(/−99\.5 %\. The 25 source patches are outlined: the number is of all of them together, not of each\./)
      .waitFor({ state: 'attached' });
  });

  it('dims what the model does not see, and says how much that is', async () => {
    const [width, height] = [300, 2000];
    const file = folder.join('tall.png');
    await sharp({ create: { width, height, channels: 3, background: '#c02020' } })
      .png()
      .toFile(file);
    const model = await openModel(path.join(root, 'models/shapes-llava'), { threads: 1 });
    const question = { image: file, instruction: DEFAULT_INSTRUCTION, question: 'What is it?', sets: {} };
    const { info } = await model.prepare({ ...question, template: 'vicuna_v1' });
    await model.close();
    const engine = recorded('star');
    const { readFile } = await import('node:fs/promises');
    const seen = { ...engine.example, geometry: info.geometry };
    const experiment = { ...engine.experiment, objects: [] };
    await open({ ...engine, experiment, example: seen, image: { bytes: await readFile(file), type: 'image/png' } });
    await host.page.getByText('The model sees 15.0 % of the picture. What is dimmed is cut off.').waitFor();
    const red = await host.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('.cf-layer-picture')!;
      const at = (y: number): number[] => [
        ...canvas.getContext('2d')!.getImageData(Math.round(canvas.width / 2), Math.round(canvas.height * y), 1, 1)
          .data,
      ];
      return [at(0.1), at(0.5), at(0.9)];
    });
    assert.deepEqual(red[1].slice(0, 3), [192, 32, 32], 'what is seen is as it is');
    for (const cut of [red[0], red[2]]) assert.ok(cut[0] < 130, `dimmed: ${cut.join()}`);
    // A picture that is seen as a whole needs no words.
    await host.send({ type: 'example', example: engine.example, about: engine.experiment.asks, fresh: false });
    await host.page.getByText(/The model sees/).waitFor({ state: 'detached' });
  });

  it('is saved large, with a legend that says what it is', async () => {
    const question = 'What is the white shape, a circle or a star, '.repeat(6).trim() + '?';
    const engine = recorded('star');
    await open({ ...engine, experiment: { ...engine.experiment, question } }, { width: 480 });
    await setLayer(4);
    await host.page.getByRole('button', { name: 'Export' }).click();
    await host.page.getByRole('menuitem', { name: 'Picture with overlay (PNG)' }).click();
    for (;;) {
      const request = host.messages('request').find((m) => m.name === 'export');
      if (!request) {
        await host.page.waitForTimeout(50);
        continue;
      }
      const { data } = request.params as { data: string };
      const { data: pixels, info } = await sharp(Buffer.from(data.split(',')[1], 'base64'))
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      assert.ok(info.width >= 1600 || info.height >= 1600, `${info.width} x ${info.height}`);
      const box = (await host.page.locator('.cf-layer-picture').boundingBox())!;
      const picture = Math.round((info.width * box.height) / box.width);
      assert.ok(info.height > picture + 100, 'there is a legend below');
      const dark = (x0: number, x1: number, y0: number, y1: number): number => {
        let count = 0;
        for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) if (pixels[3 * (y * info.width + x)] < 90) count++;
        return count;
      };
      assert.ok(dark(0, info.width, picture + 10, info.height) > 2000, 'with words');
      // The long question goes on in the next line: nothing is cut at the border.
      assert.equal(dark(info.width - 8, info.width, picture + 10, info.height), 0);
      break;
    }
  });

  it('shows transparent parts in the colours that the model is shown', async () => {
    // Below full transparency lies red, as in many a file that was cut out.
    const file = folder.join('clear.png');
    const pixels = Uint8Array.from({ length: 40 * 40 * 4 }, (_, i) => [200, 10, 10, i < 40 * 40 * 2 ? 0 : 255][i % 4]);
    await sharp(pixels, { raw: { width: 40, height: 40, channels: 4 } })
      .png()
      .toFile(file);
    const { decodedPng } = await import('../../src/core/vision/decode');
    const engine = recorded('star');
    await open(engine);
    await host.send({ type: 'picture', png: await decodedPng(file, 4096) });
    await host.page.waitForTimeout(300);
    const colours = await host.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('.cf-layer-picture')!;
      return [0.25, 0.75].map((y) => [
        ...canvas.getContext('2d')!.getImageData(canvas.width / 2, Math.round(canvas.height * y), 1, 1).data,
      ]);
    });
    assert.deepEqual(colours, [
      [200, 10, 10, 255],
      [200, 10, 10, 255],
    ]);
  });
});

describe('panel: the token flow as a drawing', () => {
  let host: FakeHost;
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);

  it('has every word of its caption and its legend inside', async () => {
    const engine = recorded('star');
    const question = `${'What is the white shape, a circle or a star, '.repeat(5).trim()}?`;
    host = await FakeHost.open(
      { ...engine, experiment: { ...engine.experiment, question } },
      {},
      (h) => (h.live = false),
    );
    const { page } = host;
    await page.getByRole('tab', { name: 'Token flow' }).click();
    await page
      .locator('cf-flow')
      .getByText(/edges? of at least|the strongest/)
      .first()
      .waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: 'Token flow (SVG)' }).click();
    await page.getByText('Saved /home/you/results/figure.svg').waitFor();
    const params = host.messages('request').find((m) => m.name === 'export')!.params as { data: string };
    // Drawn by the browser: where each text really ends.
    const { outside, text, lines } = await page.evaluate((svg) => {
      const drawing = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
      document.body.append(document.adoptNode(drawing));
      const box = drawing.getBoundingClientRect();
      const texts = [...drawing.querySelectorAll('text')];
      const found = texts.filter((t) => {
        const r = t.getBoundingClientRect();
        return r.right > box.right + 1 || r.left < box.left - 1 || r.bottom > box.bottom + 1 || r.top < box.top - 1;
      });
      const upper = [...drawing.querySelectorAll('g')[0].querySelectorAll('text')];
      const result = {
        outside: found.map((t) => t.textContent),
        text: upper.map((t) => t.textContent).join(' '),
        lines: upper.length,
      };
      drawing.remove();
      return result;
    }, params.data);
    assert.deepEqual(outside, []);
    assert.ok(text.startsWith(`${question} → Star 98.8 %`), text);
    assert.match(text, /\.\.\/models\/shapes-llava/);
    assert.match(text, /Attention weights, mean of 4 heads/);
    for (const group of ['Image', 'Question', 'Last']) assert.ok(text.includes(group), group);
    assert.ok(lines > 5);
  });
});
