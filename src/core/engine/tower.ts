/** Vision tower and projector: a prepared image to image token rows. */
import { readTensor } from '../checkpoint';
import type { ModelSpec } from '../checkpoint/spec';
import { failed } from '../errors';
import { visionGraph } from '../graph/vision';
import type { PreparedImage } from '../vision/image';
import { f32, floats, Session, type WeightStore } from './session';
import type { EngineOptions } from './types';

export class Tower {
  private constructor(
    private readonly spec: ModelSpec,
    private readonly session: Session,
  ) {}

  static async create(spec: ModelSpec, weights: WeightStore, options: EngineOptions): Promise<Tower> {
    return new Tower(spec, await Session.create('vision', visionGraph(spec, weights.folder), weights, options));
  }

  /** What the decoder gets for each image token, newlines included: `[image tokens, H]`. */
  async features(image: PreparedImage): Promise<Float32Array> {
    const { hidden } = this.spec.decoder;
    const pixels = f32(image.pixels, [image.tiles, 3, image.size, image.size]);
    const rows = floats((await this.session.run({ pixels }, ['features'])).features);
    const newline = this.spec.imageNewline && (await readTensor(this.spec.imageNewline));
    const out = new Float32Array(image.sources.length * hidden);
    image.sources.forEach((source, i) => {
      if (source >= 0) out.set(rows.subarray(source * hidden, (source + 1) * hidden), i * hidden);
      else if (newline) out.set(newline, i * hidden);
      else throw failed('the image has newline tokens, but the checkpoint has no image_newline');
    });
    return out;
  }

  /** Runs so many empty tiles; for measuring. */
  async measure(tiles: number): Promise<void> {
    const { imageSize } = this.spec.vision;
    const pixels = f32(new Float32Array(tiles * 3 * imageSize ** 2), [tiles, 3, imageSize, imageSize]);
    await this.session.run({ pixels }, ['features']);
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
