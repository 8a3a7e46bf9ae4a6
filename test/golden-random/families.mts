/**
 * `npm run check:families -- FOLDER [--python PYTHON] [--seeds 11,12] [--only qwen2-vl,…]`: the command line against
 * Python on random checkpoints of every family in test/families/registry.ts, of other seeds, sizes and types of numbers,
 * each in the files of every generation (test/support/generations.ts). Makes what is not in FOLDER yet (golden_families.py: torch,
 * torchvision, transformers, tokenizers, pillow, num2words) and runs compare-families.mjs on all of it. Takes minutes; no
 * part of the test run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { GOLDENS } from '../families/registry';
import { GENERATIONS, regenerate } from '../support/generations';
import { repositoryRoot } from '../support/golden';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: 'python3' },
    seeds: { type: 'string', default: '11,12,13' },
    only: { type: 'string', default: Object.values(GOLDENS).flat().join() },
    command: { type: 'string', default: 'node dist/cli.js' },
  },
});
/** Turned from seed to seed. */
const DTYPES = ['f32', 'f16', 'bf16'];

const [folder] = positionals;
if (folder === undefined) {
  console.error('usage: npm run check:families -- FOLDER [--python PYTHON] [--seeds 11,12] [--only NAME,…]');
  process.exit(2);
}
const names = flags.only.split(',');
const made: string[] = [];
for (const [i, seed] of flags.seeds.split(',').filter(Boolean).entries()) {
  const out = resolve(folder, `seed${seed}`);
  const missing = names.filter((name) => !existsSync(join(out, name, 'golden.json')));
  if (missing.length > 0) make(out, seed, DTYPES[i % DTYPES.length], missing);
  for (const name of names) made.push(join(out, name), ...(await copies(join(out, name))));
}
const compare = [join(repositoryRoot, 'test/golden/compare-families.mjs'), flags.command, ...made];
process.exitCode = spawnSync(process.execPath, compare, { stdio: 'inherit', cwd: repositoryRoot }).status ?? 1;

function make(out: string, seed: string, dtype: string, only: readonly string[]): void {
  const script = join(repositoryRoot, 'test/golden/golden_families.py');
  const args = ['-B', script, out, '--seed', seed, '--dtype', dtype, '--vary', '--only', only.join()];
  const { status } = spawnSync(flags.python, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`golden_families.py ended with ${status}`);
}

/** The same checkpoint in the files of each generation, with the same pictures and reference values beside it. */
async function copies(from: string): Promise<string[]> {
  const out: string[] = [];
  for (const [i, generation] of GENERATIONS.entries()) {
    const to = `${from}.${generation}`;
    await regenerate(from, generation, to, i + 1);
    for (const name of (await readdir(from)).filter((n) => n === 'golden.json' || n.endsWith('.png'))) {
      await cp(join(from, name), join(to, name));
    }
    out.push(to);
  }
  return out;
}
