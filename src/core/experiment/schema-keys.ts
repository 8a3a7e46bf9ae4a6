import { z } from 'zod';

/** The keys an object at this place may have; of a union, those of all its branches. None where there is no object. */
export function keysAt(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  return [...new Set(branches(schema).flatMap((branch) => below(branch, path)))];
}

function below(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  const [first, ...rest] = path;
  if (first === undefined) return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const inner = schema instanceof z.ZodObject ? (schema.shape as z.ZodRawShape)[first] : elementOf(schema);
  return inner instanceof z.ZodType ? keysAt(inner, rest) : [];
}

function elementOf(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

/** What a schema may be, wrappers taken off. */
function branches(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return branches(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodUnion ? (schema.options as z.ZodType[]).flatMap(branches) : [schema];
}
