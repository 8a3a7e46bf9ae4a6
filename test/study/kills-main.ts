/**
 * npm run test:kills -- --seed 1 --kills 100: a study of all six tasks, killed so often, against an undisturbed one.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { killStudy, recordsOnce } from './kills';
import { ALL_TASKS, tablesOf, writeStudy } from './studies';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      kills: { type: 'string', default: '100' },
    },
  });
  const [seed, kills] = [Number(values.seed), Number(values.kills)];
  const folder = mkdtempSync(path.join(tmpdir(), 'crossflow-kills-'));
  try {
    const plain = writeStudy(folder, 'undisturbed', ALL_TASKS);
    await killStudy(plain, path.join(folder, 'undisturbed.log'), 0, seed);
    const killed = writeStudy(folder, 'killed', ALL_TASKS);
    const began = performance.now();
    const proof = await killStudy(killed, path.join(folder, 'killed.log'), kills, seed);
    await recordsOnce(killed);
    const [want, got] = [await tablesOf(plain), await tablesOf(killed)];
    for (const [name, text] of want) assert.ok(got.get(name) === text, `${name} differs; replay with --seed ${seed}`);
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(
      `seed ${seed}: ${proof.kills} kills in ${seconds} s; ${proof.questions} questions, ${proof.begun} begun, ` +
        `${proof.interrupted} of them interrupted; ${want.size} tables identical to the undisturbed run's`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
void main();
