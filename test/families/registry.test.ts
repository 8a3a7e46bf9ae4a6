/** A family without a checkpoint, reference values, equal forks or a row in the docs fails here, by name. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openModel } from '../../src/core/engine/model';
import { DEFAULT_INSTRUCTION, type Knockout, type QuestionInput } from '../../src/core/experiment/types';
import { FAMILIES, familyOf } from '../../src/core/families';
import type { RawConfig } from '../../src/core/families/family';
import { readImageSize } from '../../src/core/vision/decode';
import { relayout } from '../support/checkpoints';
import { readGolden, repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';
import { foldersOf, lacks } from './registry';

const DOCS = readFileSync(join(repositoryRoot, 'docs/models.md'), 'utf8');
interface Case {
  readonly image: string;
  readonly question: string;
  readonly template?: string | null;
}

const EDGES = ['Question->Last', 'Image->Question', 'Image->Image'];
const knockouts: Knockout[] = [
  ...EDGES.map((edge): Knockout => ({ kind: 'edge', from: edge.split('->')[0], to: edge.split('->')[1], window: 2 })),
  { kind: 'mlp', of: 'Last', window: 1 },
];

describe('the list of families', () => {
  const folder = temporaryFolder();

  it('has each id and each model_type once', () => {
    for (const names of [FAMILIES.map((f) => f.id), FAMILIES.flatMap((f) => f.types)]) {
      assert.equal(new Set(names).size, names.length);
    }
  });

  it('says what a new one lacks', () => {
    const bare = { id: 'novel', title: 'Novel' };
    assert.deepEqual(lacks(bare, [], ''), [
      'novel: a tiny checkpoint with reference values, named in test/families/registry.ts',
      'novel: a row "| Novel | …" in docs/models.md',
    ]);
    assert.deepEqual(lacks(bare, ['families/novel'], '| Novel | x |'), [
      'novel: test/golden/families/novel/golden.json',
    ]);
  });

  for (const family of FAMILIES) {
    describe(family.id, () => {
      const folders = foldersOf(family.id);

      it('has a checkpoint, reference values and a row in docs/models.md', () => {
        assert.deepEqual(lacks(family, folders, DOCS), []);
      });

      it('has a wide and a tall picture', async () => {
        const sizes = await Promise.all(
          folders.flatMap((name) => {
            const { cases, imagesDir } = readGolden(name);
            return (cases as Case[]).map((c) => readImageSize(join(imagesDir, c.image)));
          }),
        );
        assert.ok(
          sizes.some(({ width, height }) => width > height),
          'a wide picture',
        );
        assert.ok(
          sizes.some(({ width, height }) => width < height),
          'a tall picture',
        );
      });

      it('opens its checkpoint, and forked rows equal full passes', async () => {
        for (const name of folders) {
          const { modelDir, imagesDir, cases } = readGolden(name);
          const original = family.id === 'llava_original';
          const at = original ? await relayout(modelDir, 'original', folder.join(name)) : modelDir;
          const config = JSON.parse(readFileSync(join(at, 'config.json'), 'utf8')) as RawConfig;
          assert.equal(familyOf(config, at).id, family.id, name);
          const model = await openModel(at);
          try {
            const [first] = cases as Case[];
            const question: QuestionInput = {
              image: join(imagesDir, first.image),
              instruction: DEFAULT_INSTRUCTION,
              question: first.question,
              sets: {},
              ...(first.template && { template: first.template }),
            };
            const example = await model.prepare(question);
            const result = await example.check(knockouts);
            assert.ok(result.passed, `${name}: ${result.largestDifference}`);
            example.release();
          } finally {
            await model.close();
          }
        }
      });
    });
  }
});
