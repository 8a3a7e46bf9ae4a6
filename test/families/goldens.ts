/** Reference values of families, as ../shared/golden-families made them with each model's own forward (transformers 5.24). */
import { join } from 'node:path';
import { DEFAULT_INSTRUCTION, type Knockout, type QuestionInput } from '../../src/core/experiment/types';
import type { PreparedImage, TowerSpec } from '../../src/core/spec';
import type { ReferenceCase } from '../support/compare';
import { readGolden, type GoldenTensor } from '../support/golden';

/** One case; keys as golden_families.py writes them. */
export interface FamilyCase extends ReferenceCase {
  readonly name: string;
  /** Expanded: placeholders and marks. */
  readonly input_ids: readonly number[];
}

export interface FamilyGolden {
  readonly cases: readonly FamilyCase[];
  readonly modelDir: string;
  readonly imagesDir: string;
  tensor(name: string): GoldenTensor;
}

/** @param folder within test/golden/families */
export function familyGolden(folder: string): FamilyGolden {
  const { cases, ...rest } = readGolden(join('families', folder));
  return { ...rest, cases: cases as FamilyCase[] };
}

export const questionOf = ({ imagesDir }: FamilyGolden, c: FamilyCase): QuestionInput => ({
  image: join(imagesDir, c.image),
  instruction: DEFAULT_INSTRUCTION,
  question: c.question,
  sets: {},
  objects: c.boxes,
});

/**
 * Pixels as the family's own processor gives them, and their shape: whole views, or, for a tower of frames, rows of
 * patches in the order of its blocks: channel, frame, row, column.
 */
export function processorPixels({ pixels, layout }: PreparedImage, tower: TowerSpec): GoldenTensor {
  const { width, height } = layout.viewSize;
  if (tower.patch.kind === 'conv') return { shape: [1, layout.views.length, 3, height, width], data: pixels };
  const { frames } = tower.patch;
  const side = tower.patchSize;
  const block = tower.merge.kind === 'join' ? tower.merge.factor : 1;
  const [down, across] = [height / side, width / side];
  const each = 3 * frames * side * side;
  const data = new Float32Array(down * across * each);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [row, column] = [Math.floor(y / side), Math.floor(x / side)];
      const blocks = Math.floor(row / block) * (across / block) + Math.floor(column / block);
      const patch = blocks * block * block + (row % block) * block + (column % block);
      for (let channel = 0; channel < 3; channel++) {
        for (let frame = 0; frame < frames; frame++) {
          const to = ((channel * frames + frame) * side + (y % side)) * side + (x % side);
          data[patch * each + to] = pixels[(channel * height + y) * width + x];
        }
      }
    }
  }
  return { shape: [down * across, each], data };
}

export function knockoutOf(key: string, window: number): Knockout {
  if (key.startsWith('mlp:')) return { kind: 'mlp', of: key.slice(4), window };
  const [edge, heads] = key.split('@heads=');
  const [from, to] = edge.split('->');
  return { kind: 'edge', from, to, window, ...(heads === undefined ? {} : { heads: heads.split(',').map(Number) }) };
}
