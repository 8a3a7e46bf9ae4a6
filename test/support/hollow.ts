/** Checkpoints without weights: headers of the right tensors before a hole, of which no byte is on the disk. */
import { cp, mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileOf, type Json } from './checkpoints';

/** Names and shapes of all tensors, stored as bf16. @returns `to` */
export async function hollowCheckpoint(
  smallFiles: string,
  tensors: ReadonlyMap<string, readonly number[]>,
  to: string,
): Promise<string> {
  await mkdir(to, { recursive: true });
  await cp(smallFiles, to, { recursive: true });
  const header: Json = {};
  let at = 0;
  for (const [name, shape] of tensors) {
    const bytes = 2 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const head = fileOf(JSON.stringify(header), []);
  const file = join(to, 'model.safetensors');
  await writeFile(file, head);
  await truncate(file, head.length + at);
  return to;
}
