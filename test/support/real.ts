/** Real public checkpoints without their weights: their small files, and headers of the right tensors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './golden';
import { hollowCheckpoint } from './hollow';

export const REAL = join(repositoryRoot, 'test/golden/real');

/** Names and shapes of a folder of test/golden/real, as its Python class has them (test/golden/tools/real_tensors.py). */
export function realTensors(name: string): Map<string, number[]> {
  const text = readFileSync(join(REAL, name, 'tensors.json'), 'utf8');
  const entries = Object.entries(JSON.parse(text) as Record<string, [count: number, ...shape: number[]]>);
  return new Map(
    entries.flatMap(([tensor, [count, ...shape]]) =>
      count === 0
        ? [[tensor, shape] as const]
        : Array.from({ length: count }, (_, i) => [tensor.replace('.*.', `.${i}.`), shape] as const),
    ),
  );
}

/** Writes such a folder with bf16 weights of which no byte is on the disk. @returns `to` */
export const writeReal = (name: string, to: string): Promise<string> =>
  hollowCheckpoint(join(REAL, name), realTensors(name), to);
