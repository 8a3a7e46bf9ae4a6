/** Real public checkpoints without their weights: their small files, and the right headers before a hole. */
import { readFileSync } from 'node:fs';
import { cp, mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from './golden';

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
export async function writeReal(name: string, to: string, tensors = realTensors(name)): Promise<string> {
  await mkdir(to, { recursive: true });
  await cp(join(REAL, name), to, { recursive: true });
  const header: Record<string, unknown> = {};
  let at = 0;
  for (const [tensor, shape] of tensors) {
    const bytes = 2 * shape.reduce((a, b) => a * b, 1);
    header[tensor] = { dtype: 'BF16', shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = join(to, 'model.safetensors');
  await writeFile(file, Buffer.concat([length, text]));
  await truncate(file, 8 + text.length + at);
  return to;
}
