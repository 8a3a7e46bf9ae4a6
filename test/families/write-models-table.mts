/** npm run models: writes the table of test/families/models-table.ts into docs/models.md. Two minutes on a quiet machine. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { REAL } from '../support/real';
import { repositoryRoot } from '../support/golden';
import { BEGIN, END, HEAD, isRead, rowOf, tableIn, THREADS } from './models-table';

const file = join(repositoryRoot, 'docs/models.md');
const folder = await mkdtemp(join(tmpdir(), 'crossflow-models-'));
try {
  const rows: string[][] = [];
  for (const name of (await readdir(REAL)).sort()) {
    if (!(await isRead(name))) continue;
    rows.push(await rowOf(name, folder, true));
    console.error(rows.at(-1)!.join(', '));
    await rm(join(folder, name), { recursive: true, force: true });
  }
  const line = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
  const table = [line(HEAD), line(HEAD.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
  const machine = `Times: ${THREADS} threads of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}.`;
  const { before, after } = tableIn(await readFile(file, 'utf8'));
  await writeFile(file, `${before}${BEGIN}\n\n${table}\n\n${machine}\n\n${END}${after}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
