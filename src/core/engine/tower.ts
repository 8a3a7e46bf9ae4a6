/** Vision tower with all up to the decoder's width: prepared pictures to rows of it. */
import { readTensor } from '../checkpoint/read';
import { towerGraph } from '../graph/vit/tower';
import type { Eye, ImageLayout, ModelSpec, PreparedImage, Size } from '../spec';
import { f32, floats, Session, type WeightStore } from './session';
import { towerInputs } from './tower-inputs';
import type { EngineOptions } from './types';

/** What a picture's tokens enter the decoder as. */
export interface PictureFeatures {
  /** `[tokens, H]`; rows of marks are zero, being text. */
  readonly features: Float32Array;
  /** The same for each tap. */
  readonly taps: readonly Float32Array[];
}

/** The size of every view, where there is but one. */
export function onlyView(eye: Eye): Size | undefined {
  const [first, ...others] = eye.samples.map((size) => eye.layOut(size, eye.aspects[0]).viewSize);
  return others.every((view) => view.width === first.width && view.height === first.height) ? first : undefined;
}

export class Tower {
  private constructor(
    private readonly spec: ModelSpec,
    private readonly session: Session,
  ) {}

  static async create(spec: ModelSpec, weights: WeightStore, options: EngineOptions): Promise<Tower> {
    const { eye, decoder } = spec;
    const graph = towerGraph(eye.tower, decoder.hidden, weights.folder, onlyView(eye));
    return new Tower(spec, await Session.create('vision', graph, weights, options));
  }

  async features({ pixels, layout }: PreparedImage): Promise<PictureFeatures> {
    const { tower } = this.spec.eye;
    const names = ['features', ...tower.taps.map((_, i) => `tap.${i}`)];
    const out = await this.run(pixels, layout.viewSize, layout.views.length, names);
    const [features, ...taps] = await Promise.all(names.map((name) => this.placed(out[name], layout)));
    return { features, taps };
  }

  /** Runs so many empty views; for measuring. */
  async measure(view: Size, count: number): Promise<void> {
    await this.run(new Float32Array(count * 3 * view.width * view.height), view, count, ['features']);
  }

  private async run(
    pixels: Float32Array,
    view: Size,
    count: number,
    names: readonly string[],
  ): Promise<Record<string, Float32Array>> {
    const feeds = {
      pixels: f32(pixels, [count, 3, view.height, view.width]),
      ...towerInputs(this.spec.eye.tower, view),
    };
    const out = await this.session.run(feeds, names);
    return Object.fromEntries(names.map((name) => [name, floats(out[name])]));
  }

  /** Rows of the tower's output in the order of the picture's tokens. */
  private async placed(rows: Float32Array, { sources }: ImageLayout): Promise<Float32Array> {
    const { hidden } = this.spec.decoder;
    const out = new Float32Array(sources.length * hidden);
    const row = (n: number): Float32Array => rows.subarray(n * hidden, (n + 1) * hidden);
    const vectors = new Map<object, Float32Array>();
    for (const [i, source] of sources.entries()) {
      const to = out.subarray(i * hidden, (i + 1) * hidden);
      if ('rows' in source) {
        if (source.weights) blend(source.rows.map(row), source.weights, to);
        else to.set(row(source.rows[0]));
      } else if ('vector' in source) {
        let vector = vectors.get(source.vector);
        if (!vector) vectors.set(source.vector, (vector = await readTensor(source.vector)));
        to.set(vector);
      }
    }
    return out;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

function blend(rows: readonly Float32Array[], weights: readonly number[], to: Float32Array): void {
  for (let i = 0; i < to.length; i++) {
    let sum = 0;
    for (let k = 0; k < rows.length; k++) sum += weights[k] * rows[k][i];
    to[i] = sum;
  }
}
