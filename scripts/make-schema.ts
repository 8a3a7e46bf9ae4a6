/** Writes schemas/flow.schema.json from the zod schema; a test holds both together. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flowJsonSchema } from '../src/core/experiment/schema';

const file = resolve(dirname(fileURLToPath(import.meta.url)), '../schemas/flow.schema.json');
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, JSON.stringify(flowJsonSchema(), null, 2) + '\n');
