/** zod's issues in words a researcher reads, each at its place in the text. */
import type { Node } from 'jsonc-parser';
import { parseEdge } from './edges';
import { nearest } from '../words/nearest';
import type { Fix, Problem } from './problems';
import { valueOf, type Source } from './source';
import { article, counted, kindOf, name, oneOf, plain, replace, union, type Path } from './wording';
import { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** A kind of file: what it may hold, and what messages call it, with its article. */
export interface Shape<T> {
  readonly schema: z.ZodType<T>;
  readonly what: string;
}

/** The file as data, or what is wrong with its shape. `known`: set names, for guessing what an edge meant. */
export function readShape<T>(
  source: Source,
  { schema, what }: Shape<T>,
  known: readonly string[],
): { value?: T; problems: Problem[] } {
  const root = source.root;
  if (root?.type !== 'object') {
    return {
      problems: [source.problem('wrong-value', root ?? { offset: 0, length: 0 }, `${what} is an object: { … }`)],
    };
  }
  const result = schema.safeParse(valueOf(root), { reportInput: true });
  if (result.success) return { value: result.data, problems: [] };
  const problems = result.error.issues.flatMap((issue) => translate(flatten(issue), { source, schema, known }));
  return { problems: withoutEchoes(problems).sort((a, b) => a.offset - b.offset) };
}

interface Reading {
  readonly source: Source;
  readonly schema: z.ZodType;
  readonly known: readonly string[];
}

/** A mistyped key is one slip, not an unknown key and a missing one. */
function withoutEchoes(problems: readonly Problem[]): Problem[] {
  const meant = new Set(
    problems.flatMap((p) => (p.code === 'unknown-key' ? (p.fixes ?? []).map((fix) => fix.edits[0]?.content) : [])),
  );
  return problems.filter((p) => {
    const added = p.code === 'missing-key' ? /"[^"]+"(?= is missing$)|"[^"]+"$/.exec(p.message)?.[0] : undefined;
    return added === undefined || !meant.has(added);
  });
}

/** Of a union's branches, the one that the writer most likely meant; its issues with full paths. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const wrongKind = (branch: readonly Issue[]) => branch.some((i) => i.code === 'invalid_type' && i.path.length === 0);
  const cost = (branch: readonly Issue[]) =>
    branch.reduce((sum, i) => sum + (i.code === 'unrecognized_keys' ? 2 * i.keys.length : 1), 0);
  const [best] = issue.errors.filter((branch) => !wrongKind(branch)).sort((a, b) => cost(a) - cost(b));
  if (!best) return [issue];
  return best.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
}

function translate(issues: readonly Issue[], reading: Reading): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    return one(issue, path, reading);
  });
}

function one(issue: Issue, path: Path, { source, schema, known }: Reading): Problem[] {
  const node = source.node(path);
  const what = name(path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(key, path, keysAt(schema, path), source));
  if (!node) {
    const key = String(path.at(-1));
    const object = source.node(path.slice(0, -1));
    const where = path.length > 1 ? `${name(path.slice(0, -1))} needs "${key}"` : `"${key}" is missing`;
    return [source.problem('missing-key', source.valueRange(path), where, insertKey(object, key, source))];
  }
  const wrong = (message: string, hint?: string, fixes?: Fix[]) => [
    source.problem('wrong-value', node, message, { ...(hint && { hint }), ...(fixes && { fixes }) }),
  ];
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' && typeof node.value === 'number'
        ? wrong(`${what} must be a whole number, not ${node.value}`)
        : wrong(`${what} must be ${article(issue.expected)}, not ${kindOf(node)}`);
    case 'too_small':
      if (issue.origin === 'string') return wrong(`${what} is empty`);
      if (issue.origin === 'array')
        // One: a list that must not be empty. More: a tuple (two options, four sides of a box), which takes just as many.
        return wrong(
          `${what} needs ${issue.minimum === 1 ? 'at least ' : ''}${counted(issue.minimum)}, not ${node.children?.length ?? 0}`,
        );
      return wrong(
        issue.inclusive === false
          ? `${what} must be greater than ${issue.minimum}, not ${node.value}`
          : `${what} must be at least ${issue.minimum}, not ${node.value}`,
      );
    case 'too_big':
      return issue.origin === 'array' || issue.origin === 'tuple'
        ? wrong(`${what} takes ${counted(issue.maximum)}, not ${node.children?.length ?? 0}`)
        : wrong(`${what} must be at most ${issue.maximum}, not ${node.value}`);
    case 'invalid_value': {
      const values = issue.values.map(String);
      const near = nearest(String(node.value), values);
      const fixes = near === undefined ? undefined : [replace(node, near, source)];
      return wrong(
        `${what} must be ${oneOf(values)}, not ${JSON.stringify(valueOf(node))}`,
        near && `did you mean "${near}"?`,
        fixes,
      );
    }
    case 'invalid_format': {
      // Knockouts apart, a schema says in words what a text must be.
      if (path[0] !== 'knockouts') return wrong(`${what} ${issue.message}`);
      const edge = parseEdge(String(node.value), known);
      const better = edge.ok ? undefined : edge.better;
      return [
        source.problem('bad-edge', node, edge.ok ? 'not an edge' : edge.message, {
          hint: better ? `did you mean "${better}"?` : 'write it as "Source->Target", e.g. "Question->Last"',
          ...(better && { fixes: [replace(node, better, source)] }),
        }),
      ];
    }
    case 'invalid_union':
      return wrong(`${what} must be ${union(path)}, not ${kindOf(node)}`);
    default:
      return wrong(`${what}: ${issue.message}`);
  }
}

function unknownKey(key: string, path: Path, allowed: readonly string[], source: Source): Problem {
  const range = source.keyRange([...path, key]);
  const near = nearest(key, allowed);
  const where = path.length > 0 ? ` in ${name(path)}` : '';
  const hint = near
    ? `did you mean "${near}"?`
    : allowed.length > 0
      ? `known: ${allowed.filter((k) => k !== '$schema').join(', ')}`
      : undefined;
  return source.problem('unknown-key', range, `unknown key "${key}"${where}`, {
    ...(hint && { hint }),
    ...(near && {
      fixes: [{ title: `Change to "${near}"`, edits: [{ ...plain(range), content: JSON.stringify(near) }] }],
    }),
  });
}

const TEMPLATES: Record<string, string> = {
  model: '"../models/"',
  image: '"images/"',
  images: '"images"',
  patches: '[]',
  to: '"Last"',
  from: '"Question"',
};
function insertKey(object: Node | undefined, key: string, source: Source): { fixes?: Fix[] } {
  const first = object?.children?.[0];
  if (!object || !first) return {};
  const lead = source.text.slice(object.offset + 1, first.offset);
  const indent = /^[^\S\r\n]*(?:\/\/[^\r\n]*)?(\r?\n[^\S\r\n]*)/.exec(lead)?.[1] ?? ' ';
  const content = `"${key}": ${TEMPLATES[key] ?? '""'},${indent}`;
  return { fixes: [{ title: `Add "${key}"`, edits: [{ offset: first.offset, length: 0, content }] }] };
}

/** The keys an object at this place may have; of a union, those of all its branches. None where there is no object. */
function keysAt(schema: z.ZodType, path: readonly (string | number)[]): string[] {
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
