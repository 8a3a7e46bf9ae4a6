/** The picture under the patches is what the model is shown, not what the file's format makes of it. */
import assert from 'node:assert/strict';
import sharp, { type Sharp } from 'sharp';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';

const engine = recorded('star');
const { width, height } = engine.example.geometry;
const RED = [200, 0, 0];
const BLUE = [0, 0, 200];

/** Red above, blue below; a tag of 6 asks whoever heeds it to turn that by a quarter. */
const halves = (top: number[], bottom: number[]): Sharp => {
  const data = new Uint8Array(width * height * 3);
  for (let p = 0; p < width * height; p++) data.set(p < (width * height) / 2 ? top : bottom, 3 * p);
  return sharp(data, { raw: { width, height, channels: 3 } });
};

describe('panel: the picture', () => {
  let host: FakeHost;
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);

  /** Colours of the drawn picture at its top left and bottom right: a turn by a quarter would swap them. */
  const corners = async (): Promise<number[][]> => {
    await host.page.locator('.cf-layer-picture').waitFor();
    await host.page.waitForTimeout(300);
    return host.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('.cf-layer-picture')!;
      const at = (x: number, y: number): number[] => [
        ...canvas
          .getContext('2d')!
          .getImageData(canvas.width * x, canvas.height * y, 1, 1)
          .data.slice(0, 3),
      ];
      return [at(0.4, 0.2), at(0.6, 0.8)];
    });
  };

  const png = async (image: Sharp): Promise<Uint8Array> => new Uint8Array(await image.png().toBuffer());

  it("is the engine's, whatever the page would make of the file", async () => {
    const bytes = await halves(RED, BLUE).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    host = await FakeHost.open({ ...engine, image: { bytes, type: 'image/jpeg' } });
    await host.send({ type: 'picture', png: await png(halves(RED, BLUE)) });
    assert.deepEqual(await corners(), [RED, BLUE]);
    await host.send({ type: 'picture', png: await png(halves(BLUE, RED)) });
    assert.deepEqual(await corners(), [BLUE, RED], 'the next one takes its place');
    await host.send({ type: 'picture', png: null });
    await host.page.getByText('The picture could not be shown.').waitFor();
    assert.deepEqual(await corners(), [
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('is not turned before the first run either, and says so where the page cannot read it', async () => {
    const bytes = await halves(RED, BLUE)
      .resize(60, 30, { fit: 'fill' })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const early = async (h: FakeHost): Promise<void> => {
      await h.edit({});
      await h.send({ type: 'status', status: { kind: 'idle' } });
    };
    host = await FakeHost.open(
      { ...engine, image: { bytes, type: 'image/jpeg' } },
      {},
      (h) => (h.onReady = () => early(h)),
    );
    const shown = host.page.locator('img.cf-plain-picture');
    await host.page.waitForFunction(() => document.querySelector<HTMLImageElement>('.cf-plain-picture')?.complete);
    const box = (await shown.boundingBox())!;
    assert.ok(box.width > 1.9 * (box.height - 2), `${box.width} x ${box.height}`);
    await host.close();
    const tiff = { bytes: Buffer.from('II*'), type: 'image/tiff' };
    host = await FakeHost.open({ ...engine, image: tiff }, {}, (h) => (h.onReady = () => early(h)));
    await host.page.getByText('The picture is shown once the experiment has run').waitFor();
  });
});
