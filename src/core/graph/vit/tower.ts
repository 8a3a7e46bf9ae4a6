/**
 * A vision tower with everything up to the decoder's width, put together from what its spec names.
 *
 * `pixels [v, 3, height, width]` -> `features [v * tokens, H]`, and `tap.i` of the same shape for each tap. Further
 * inputs exist only where the spec needs them (engine/tower-inputs.ts fills them in):
 *
 * | input | needed by |
 * |---|---|
 * | `position_rows`, `position_weights` | a position table that is bucketed or interpolated |
 * | `cos`, `sin` | a 2-D rotation |
 * | `window_rows`, `window_inside`, `window_back` | attention within windows |
 */
import type { Size, TowerSpec } from '../../spec';
import { GraphBuilder } from '../builder';
import { sharedInputs } from './attention';
import { block } from './block';
import { embed } from './embed';
import { project } from './project';

/**
 * `hidden`: the decoder's width. `view`: the size of every view in pixels, where there is but one.
 */
export function towerGraph(tower: TowerSpec, hidden: number, folder: string, view?: Size): Uint8Array {
  const b = new GraphBuilder('vision', folder);
  const embedded = embed(b, tower, view);
  const { rows } = embedded;
  const shared = sharedInputs(b, tower);
  let x = tower.before ? b.norm(embedded.x, tower.before, tower.norm) : embedded.x;
  tower.blocks.forEach((w, index) => {
    x = block(b, tower, w, x, rows, shared, index);
    tower.taps.forEach((tap, i) => {
      if (tap.after === index) b.output(project(b, tower, x, rows, tap), `tap.${i}`, 'f32', ['rows', hidden]);
    });
  });
  if (tower.after) x = b.norm(x, tower.after, tower.norm);
  b.output(project(b, tower, x, rows, tower), 'features', 'f32', ['rows', hidden]);
  return b.finish();
}
