/** Writes schemas/flow.schema.json from the zod schema; a test holds both together. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { flowJsonSchema } from '../src/core/experiment/schema';

const file = join(__dirname, '..', 'schemas', 'flow.schema.json');
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, JSON.stringify(flowJsonSchema(), null, 2) + '\n');
