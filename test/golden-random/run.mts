/**
 * `npm run check:random -- FOLDER [--python PYTHON] [--seeds 11,12] [--variants] [--layouts]`: the command line against
 * Python on random checkpoints. Makes what is not in FOLDER yet (golden.py, variants.py: torch, transformers, pillow),
 * copies it into every other layout, and runs compare.mjs on all of it. Takes minutes; no part of the test run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openCheckpoint } from '../../src/core/families';
import { type OtherLayout, readJson, relayout, writeJson } from '../support/checkpoints';
import { repositoryRoot } from '../support/golden';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: 'python3' },
    seeds: { type: 'string', default: '11,12,13' },
    variants: { type: 'boolean', default: false },
    layouts: { type: 'boolean', default: false },
    command: { type: 'string', default: 'node dist/cli.js' },
  },
});
const LAYOUTS: readonly OtherLayout[] = ['hf-old', 'in-memory', 'original', 'original+clip-folder'];
/** Types of the four kinds, turned from seed to seed, so that each kind comes in each type. */
const DTYPES = ['f32,f16,bf16,f32', 'f16,bf16,f32,f16', 'bf16,f32,f16,bf16'];
const TOKENIZER = join(repositoryRoot, 'models/shapes-llava/tokenizer.json');

const [folder] = positionals;
if (folder === undefined) {
  console.error('usage: npm run check:random -- FOLDER [--python PYTHON] [--seeds 11,12] [--variants] [--layouts]');
  process.exit(2);
}
const made: string[] = [];
for (const [i, seed] of flags.seeds.split(',').filter(Boolean).entries()) {
  const out = resolve(folder, `seed${seed}`);
  python(out, 'golden/golden.py', ['random', out, '--seed', seed, '--dtype', DTYPES[i % DTYPES.length]]);
  made.push(...(await folders(out)));
}
if (flags.variants) {
  const out = resolve(folder, 'variants');
  python(out, 'golden-random/variants.py', [out]);
  made.push(...(await folders(out)));
}
const copies: string[] = [];
if (flags.layouts) {
  for (const from of made) for (const layout of LAYOUTS) copies.push(await copyIn(layout, from));
}
const compare = [join(repositoryRoot, 'test/golden/compare.mjs'), flags.command, ...made, ...copies];
process.exitCode = spawnSync(process.execPath, compare, { stdio: 'inherit', cwd: repositoryRoot }).status ?? 1;

function python(out: string, script: string, args: readonly string[]): void {
  if (existsSync(out)) return;
  const file = join(repositoryRoot, 'test', script);
  const { status } = spawnSync(flags.python, ['-B', file, ...args, '--tokenizer', TOKENIZER], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${script} ended with ${status}`);
}

/** Checkpoints with reference values below a folder. */
async function folders(out: string): Promise<string[]> {
  const names = (await readdir(out)).filter((name) => existsSync(join(out, name, 'golden.json')));
  return names.sort().map((name) => join(out, name));
}

/** A copy in another layout with the same reference values; only the image token's id is the layout's own. */
async function copyIn(layout: OtherLayout, from: string): Promise<string> {
  const to = `${from}.${layout}`;
  await mkdir(to, { recursive: true });
  await relayout(from, layout, to, layout === 'hf-old' ? 3 : 1);
  const golden = await readJson(join(from, 'golden.json'));
  const before = (await openCheckpoint(from)).prompt.imageTokenId;
  const after = (await openCheckpoint(to)).prompt.imageTokenId;
  const cases = (golden['cases'] as { input_ids: number[] }[]).map((c) => ({
    ...c,
    input_ids: c.input_ids.map((id) => (id === before ? after : id)),
  }));
  await writeJson(join(to, 'golden.json'), { ...golden, images: from, cases });
  return to;
}
