/** Reads the contributed JSON schema: what may stand at a path of the file. Pure. */
import type { JSONPath } from 'jsonc-parser';
import flowSchema from '../../../schemas/flow.schema.json';

/** The parts of JSON schema (draft 7) that ours uses. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema | readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly required?: readonly string[];
}
const ROOT = flowSchema as unknown as Schema;

const branches = (schema: Schema): readonly Schema[] =>
  schema.anyOf && !schema.properties ? schema.anyOf.flatMap(branches) : [schema];

function step(schema: Schema, part: string | number): readonly Schema[] {
  return branches(schema).flatMap((branch): readonly Schema[] => {
    if (typeof part === 'number') {
      const { items } = branch;
      const item = Array.isArray(items) ? (items as readonly Schema[])[part] : (items as Schema | undefined);
      return item ? [item] : [];
    }
    if (branch.properties && Object.hasOwn(branch.properties, part)) return [branch.properties[part]];
    return typeof branch.additionalProperties === 'object' ? [branch.additionalProperties] : [];
  });
}

/** Every schema that may hold at a path, unions taken apart. */
export function schemasAt(path: JSONPath): readonly Schema[] {
  let at: readonly Schema[] = [ROOT];
  for (const part of path) at = at.flatMap((schema) => step(schema, part));
  return at;
}

export function valueSchemasAt(path: JSONPath): readonly Schema[] {
  return schemasAt(path).flatMap(branches);
}

export function descriptionAt(path: JSONPath): string | undefined {
  return schemasAt(path).find((schema) => schema.description)?.description;
}

/** What to type for a new value of this shape; `$1` marks the place to go on. */
export function placeholder(schema: Schema): string {
  const first = branches(schema)[0] ?? schema;
  if (schema.default !== undefined && typeof schema.default !== 'string')
    return `\${1:${JSON.stringify(schema.default)}}`;
  switch (first.type) {
    case 'string':
      return '"$1"';
    case 'array':
      return '[$1]';
    case 'object':
      return '{ $1 }';
    case 'integer':
    case 'number':
      return '${1:1}';
    default:
      return '$1';
  }
}
