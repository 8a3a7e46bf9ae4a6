import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILTIN_SETS } from '../../src/core/experiment/names';
import { flowJsonSchema } from '../../src/core/experiment/schema';
import { repositoryRoot } from '../support/golden';

type Json = { [key: string]: Json } & { description?: string; properties?: Record<string, Json>; anyOf?: Json[] };

describe('JSON schema of *.flow.json', () => {
  it('in schemas/ is the one the parser uses (npx tsx scripts/make-schema.ts writes it)', () => {
    const written = JSON.parse(readFileSync(join(repositoryRoot, 'schemas', 'flow.schema.json'), 'utf8')) as unknown;
    assert.deepEqual(written, JSON.parse(JSON.stringify(flowJsonSchema())));
  });

  it('describes every key', () => {
    const undescribed: string[] = [];
    const walk = (node: Json, path: string): void => {
      for (const [key, value] of Object.entries(node.properties ?? {})) {
        if (!value.description) undescribed.push(`${path}.${key}`);
        walk(value, `${path}.${key}`);
      }
      for (const branch of node.anyOf ?? []) if (branch.properties) walk(branch, path);
    };
    walk(flowJsonSchema() as Json, '');
    assert.deepEqual(undescribed, []);
  });

  it('offers every set that always exists', () => {
    const text = JSON.stringify(flowJsonSchema());
    for (const { name } of BUILTIN_SETS) assert.ok(text.includes(JSON.stringify(name)), name);
  });
});
