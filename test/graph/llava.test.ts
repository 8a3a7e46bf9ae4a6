import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { weightStore } from '../../src/core/engine/parts';
import { onlyView } from '../../src/core/engine/tower';
import { openCheckpoint } from '../../src/core/families';
import { decoderGraph } from '../../src/core/graph/decoder';
import { headGraph } from '../../src/core/graph/head';
import { towerGraph } from '../../src/core/graph/vit/tower';
import { repositoryRoot } from '../support/golden';

/**
 * By checkpoint and graph, the sha256 of its bytes as they were when the graphs knew LLaVA alone. What other families
 * need must not show in LLaVA's graphs: neither in its values nor in its speed.
 */
const FIXTURE = path.join(repositoryRoot, 'test/graph/fixtures/llava-graphs.json');
const HASHES = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Record<string, Record<string, string>>;

describe("LLaVA's graphs, byte for byte", () => {
  for (const [folder, hashes] of Object.entries(HASHES)) {
    it(folder, async () => {
      const spec = await openCheckpoint(path.join(repositoryRoot, folder));
      const { eye, decoder } = spec;
      const weights = weightStore(spec).folder;
      const graphs = {
        decoder: decoderGraph(decoder, weights),
        calibration: decoderGraph(decoder, weights, { grams: true }),
        head: headGraph(decoder, weights),
        vision: towerGraph(eye.tower, decoder.hidden, weights, onlyView(eye)),
      };
      const now = Object.entries(graphs).map(([name, bytes]) => [
        name,
        createHash('sha256').update(bytes).digest('hex'),
      ]);
      assert.deepEqual(Object.fromEntries(now), hashes);
    });
  }
});
