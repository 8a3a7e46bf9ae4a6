/**
 * Writes the JSON schemas of schemas/ from the zod schemas; tests hold both together.
 *   tsx scripts/make-schema.ts [--check]
 * --check: writes nothing, and fails when a file is not what would be written.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flowJsonSchema } from '../src/core/experiment/schema';
import { studyJsonSchema } from '../src/core/study/schema';

const SCHEMAS = { 'flow.schema.json': flowJsonSchema(), 'study.schema.json': studyJsonSchema() };

const folder = fileURLToPath(new URL('../schemas/', import.meta.url));
const check = process.argv.includes('--check');
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(SCHEMAS)) {
  const file = resolve(folder, name);
  const text = JSON.stringify(schema, null, 2) + '\n';
  if (!check) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`schemas/${name} is not what the types say; write it with: npm run schema`);
    process.exitCode = 1;
  }
}
