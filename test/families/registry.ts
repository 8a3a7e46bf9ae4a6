/** What each family must have: the list grows with FAMILIES, and registry.test.ts names what is missing. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../support/golden';

/** Folders within test/golden/families with a tiny checkpoint and the values of its own forward. */
export const GOLDENS = {
  idefics3: ['smolvlm', 'idefics3'],
  qwen2_vl: ['qwen2-vl'],
  qwen2_5_vl: ['qwen2.5-vl'],
  qwen3_vl: ['qwen3-vl'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Families that came first: their folders in test/golden, compared in test/engine/golden.test.ts. */
const PUBLISHED: Readonly<Record<string, readonly string[]>> = {
  llava: ['llava-1.5', 'llava-1.5-pad', 'bundled'],
  llava_next: ['llava-next-vicuna', 'llava-next-llama3'],
  // made from those by test/support/checkpoints.ts; test/checkpoint/layouts.test.ts holds each number against theirs
  llava_original: ['llava-1.5', 'llava-next-llama3'],
};

/** Where a family's checkpoints with values lie, within test/golden. */
export const foldersOf = (id: string): readonly string[] =>
  id in GOLDENS ? GOLDENS[id as keyof typeof GOLDENS].map((name) => join('families', name)) : (PUBLISHED[id] ?? []);

interface Named {
  readonly id: string;
  readonly title: string;
}

/** What a family lacks, in words. @param docs the text of docs/models.md */
export function lacks({ id, title }: Named, folders: readonly string[], docs: string): string[] {
  const missing: string[] = [];
  if (folders.length === 0)
    missing.push(`${id}: a tiny checkpoint with reference values, named in test/families/registry.ts`);
  for (const folder of folders) {
    const at = join(repositoryRoot, 'test/golden', folder);
    if (!existsSync(join(at, 'golden.json'))) missing.push(`${id}: test/golden/${folder}/golden.json`);
    else missing.push(...lacksOf(id, folder, readFileSync(join(at, 'golden.json'), 'utf8')));
  }
  const row = new RegExp(`^\\|\\s*${title.replaceAll(/[.*+?^$()|[\]]/g, '\\$&')}\\s*\\|`, 'm');
  if (!row.test(docs)) missing.push(`${id}: a row "| ${title} | …" in docs/models.md`);
  return missing;
}

/** Published values have edges alone; the others must have every kind that families can differ in. */
function lacksOf(id: string, folder: string, text: string): string[] {
  const { cases } = JSON.parse(text) as { cases: { knockout: Record<string, number[]> }[] };
  const keys = cases.flatMap((c) => Object.keys(c.knockout));
  const wanted: [string, boolean][] = [
    ['an edge', keys.some((k) => /^[^@]+->[^@]+$/.test(k))],
    ['an edge of one head', folder.startsWith('families') ? keys.some((k) => k.includes('@heads=')) : true],
    ['an MLP', folder.startsWith('families') ? keys.some((k) => k.startsWith('mlp:')) : true],
    ['two pictures', cases.length > 1],
  ];
  return wanted.flatMap(([what, has]) => (has ? [] : [`${id}: ${what} in test/golden/${folder}/golden.json`]));
}
