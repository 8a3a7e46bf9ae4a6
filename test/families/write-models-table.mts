/**
 * npm run models: writes the table of test/families/models-table.ts into docs/models.md. Rows that still hold keep their
 * times; --all measures every one anew, which takes minutes and wants a quiet machine.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { REAL } from '../support/real';
import { repositoryRoot } from '../support/golden';
import { BEGIN, END, HEAD, isRead, rowOf, tableIn, THREADS } from './models-table';

const file = join(repositoryRoot, 'docs/models.md');
const folder = await mkdtemp(join(tmpdir(), 'crossflow-models-'));
const all = process.argv.includes('--all');
const old = tableIn(await readFile(file, 'utf8'));
try {
  const rows: string[][] = [];
  for (const name of (await readdir(REAL)).sort()) {
    if (!(await isRead(name))) continue;
    const planned = await rowOf(name, folder, false);
    const kept = old.rows.find((row) => row.slice(0, 4).join() === planned.slice(0, 4).join());
    rows.push(kept !== undefined && !all ? kept : await rowOf(name, folder, true));
    console.error(rows.at(-1)!.join(', '));
    await rm(join(folder, name), { recursive: true, force: true });
  }
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
  const table = [line(HEAD), line(HEAD.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
  const machine = `Times: ${THREADS} threads of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}.`;
  await writeFile(file, `${old.before}${BEGIN}\n\n${table}\n\n${machine}\n\n${END}${old.after}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
