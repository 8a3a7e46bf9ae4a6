import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createScanner, findNodeAtLocation, parse, parseTree, type JSONPath, type ParseError } from 'jsonc-parser';
import {
  addKnockout,
  addSet,
  applyEdits,
  chain,
  difference,
  knockoutInFile,
  removeKnockout,
  setPatches,
  setQuestion,
  setWindow,
  type Edit,
} from '../../src/core/experiment/edits';
import type { Knockout, SetDefinition } from '../../src/core/experiment/types';

const LINE_COMMENT = 12;
const BLOCK_COMMENT = 13;

/** All comments, in order; without those inside the node at `path`. */
function comments(text: string, path?: JSONPath): string[] {
  const value = path && findNodeAtLocation(parseTree(text)!, path);
  const node = value?.parent?.type === 'property' ? value.parent : value;
  const scanner = createScanner(text, false);
  const found: string[] = [];
  for (let token = scanner.scan() as number; token !== 17; token = scanner.scan() as number) {
    if (token === LINE_COMMENT || token === BLOCK_COMMENT) {
      const offset = scanner.getTokenOffset();
      const inside = node && offset >= node.offset && offset < node.offset + node.length;
      if (!inside) found.push(text.slice(offset, offset + scanner.getTokenLength()));
    }
  }
  return found;
}

function read(text: string, allowTrailingComma: boolean): Record<string, unknown> {
  const errors: ParseError[] = [];
  const value = parse(text, errors, { allowTrailingComma }) as Record<string, unknown>;
  assert.deepEqual(errors, [], `syntax errors in\n${text}`);
  return value;
}

interface Layout {
  readonly eol: string;
  readonly indent: string;
  readonly trailing: boolean;
  readonly noise: readonly string[];
}

/** JSON text of a value with comments and blanks strewn in wherever they may stand. */
function render(value: unknown, layout: Layout): string {
  let at = 0;
  const noise = (): string => layout.noise[at++ % layout.noise.length];
  const gap = (indent: string): string => {
    const n = noise();
    if (n === '//') return ` // n${at}${layout.eol}${indent}`;
    if (n === '/*') return ` /* b${at}, "x": [1] */ `;
    return n === 'line' ? layout.eol + indent : n;
  };
  const go = (v: unknown, indent: string): string => {
    const inner = indent + layout.indent;
    if (typeof v !== 'object' || v === null) return JSON.stringify(v);
    const [open, close] = Array.isArray(v) ? '[]' : '{}';
    const parts = Array.isArray(v)
      ? v.map((x) => go(x, inner))
      : Object.entries(v).map(([k, x]) => `${JSON.stringify(k)}:${gap(inner)}${go(x, inner)}`);
    const last = layout.trailing && parts.length > 0 ? ',' : '';
    const body = parts.map((part, i) => gap(inner) + part + gap(inner) + (i < parts.length - 1 ? ',' : last)).join('');
    return open + body + gap(indent) + close;
  };
  return gap('') + go(value, '') + gap('');
}

const layouts: fc.Arbitrary<Layout> = fc.record({
  eol: fc.constantFrom('\n', '\r\n'),
  indent: fc.constantFrom('  ', '    ', '\t'),
  trailing: fc.boolean(),
  noise: fc.array(fc.constantFrom('', '', ' ', 'line', 'line', '//', '/*'), { minLength: 1, maxLength: 30 }),
});
const names = fc.constantFrom('clicked', 'verb', 'a b', 'quo"te', 'ünï');
const patches = fc.array(fc.nat({ max: 99 }), { maxLength: 8 });
const definitions: fc.Arbitrary<SetDefinition> = fc.oneof(
  patches.map((list) => ({ kind: 'patches' as const, patches: list })),
  fc.record({
    kind: fc.constant('text' as const),
    text: fc.string({ minLength: 1 }),
    nth: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constant('not' as const), of: names }),
);
const knockouts: fc.Arbitrary<Knockout> = fc.oneof(
  fc.record({ kind: fc.constant('edge' as const), from: names, to: names, window: fc.integer({ min: 1, max: 9 }) }),
  fc.record({
    kind: fc.constant('edge' as const),
    from: names,
    to: names,
    window: fc.constant(3),
    heads: fc.uniqueArray(fc.nat({ max: 3 }), { minLength: 1 }),
  }),
  fc.record({ kind: fc.constantFrom('attention' as const, 'mlp' as const), of: names, window: fc.constant(3) }),
  fc.record({ kind: fc.constant('prune' as const), of: names }),
);
const files = fc.record(
  {
    $schema: fc.constant('x'),
    model: fc.constant('../m'),
    question: fc.string(),
    sets: fc.dictionary(names, fc.oneof(fc.record({ patches }), fc.record({ not: names })), { maxKeys: 3 }),
    knockouts: fc.array(fc.oneof(fc.constantFrom('A->B', 'C->D'), fc.record({ prune: names })), { maxLength: 4 }),
    window: fc.integer({ min: 1, max: 9 }),
    output: fc.constant('out'),
  },
  { requiredKeys: [] },
);

type Change = (text: string) => Edit[];

/** Applies a change to every layout of every file; comments and everything else must stay. */
function holds(change: fc.Arbitrary<[Change, (file: Record<string, unknown>) => void, JSONPath?]>): void {
  fc.assert(
    fc.property(files, layouts, change, (file, layout, [edit, expect, removed]) => {
      const text = render(file, layout);
      const before = read(text, true);
      const changed = applyEdits(text, edit(text));
      const wanted = structuredClone(before);
      expect(wanted);
      assert.deepEqual(read(changed, layout.trailing), wanted);
      assert.deepEqual(comments(changed), comments(text, removed), changed);
      if (/\r\n/.test(text)) assert.doesNotMatch(changed, /(?<!\r)\n/, 'line ends are kept');
    }),
    { numRuns: 400 },
  );
}

const setsOf = (file: Record<string, unknown>): Record<string, unknown> =>
  (file.sets ??= {}) as Record<string, unknown>;
const listOf = (file: Record<string, unknown>): unknown[] => (file.knockouts ??= []) as unknown[];
const ascending = (list: readonly number[]) => [...new Set(list)].sort((a, b) => a - b);

describe('edits of an experiment', () => {
  it('setWindow and setQuestion change one value', () => {
    holds(fc.integer({ min: 1, max: 99 }).map((n) => [(t) => setWindow(t, n), (f) => void (f.window = n)]));
    holds(fc.string().map((q) => [(t) => setQuestion(t, q), (f) => void (f.question = q)]));
  });

  it('addSet adds or replaces a set', () => {
    holds(
      fc.tuple(names, definitions).map(([name, set]) => [
        // Replacing a definition replaces what is written inside it, comments too: new names only.
        (t) => addSet(t, name + '2', set),
        (f) => {
          const { kind, ...rest } = set;
          if (kind === 'text')
            setsOf(f)[name + '2'] = set.nth === 1 ? { text: set.text } : { text: set.text, nth: set.nth };
          else if (kind === 'not') setsOf(f)[name + '2'] = { not: set.of };
          else setsOf(f)[name + '2'] = rest;
        },
      ]),
    );
  });

  it('setPatches gives exactly these patches and keeps comments among the numbers', () => {
    fc.assert(
      fc.property(files, layouts, names, patches, (file, layout, name, list) => {
        const text = render({ ...file, sets: { ...file.sets, [name]: { patches: [5, 7, 12, 60] } } }, layout);
        const changed = applyEdits(text, setPatches(text, name, list));
        const value = read(changed, layout.trailing);
        const got = (setsOf(value)[name] as { patches: number[] }).patches;
        assert.deepEqual(
          [...got].sort((a, b) => a - b),
          ascending(list),
        );
        assert.deepEqual(comments(changed), comments(text), changed);
      }),
      { numRuns: 400 },
    );
  });

  it('addKnockout appends, removeKnockout takes out', () => {
    holds(
      knockouts.map((k) => [
        (t) => addKnockout(t, k),
        (f) => void listOf(f).push(knockoutInFile(k, (f.window as number | undefined) ?? 9)),
      ]),
    );
    holds(
      fc.nat({ max: 4 }).map((i) => [
        (t) => removeKnockout(t, i),
        (f) => {
          if (Array.isArray(f.knockouts)) f.knockouts.splice(i, 1);
        },
        ['knockouts', i],
      ]),
    );
  });

  it('keeps what a person wrote', () => {
    const text = `{
  // the model
  "model": "../m", // embedded
  "sets": {
    "clicked": { "patches": [12, 13] } // by hand
  },
  "knockouts": [
    "Question->Last", // first
    "clicked->Question" // second
  ]
}
`;
    const click = chain(
      text,
      (t) => setPatches(t, 'clicked', [14, 12, 13]),
      (t) => setPatches(t, 'other', [1]),
      (t) => addKnockout(t, { kind: 'edge', from: 'other', to: 'Last', window: 9 }),
      (t) => setWindow(t, 3),
    );
    assert.equal(click.length, 1);
    assert.equal(
      applyEdits(text, click),
      `{
  // the model
  "model": "../m", // embedded
  "sets": {
    "clicked": { "patches": [12, 13, 14] }, // by hand
    "other": { "patches": [1] }
  },
  "knockouts": [
    "Question->Last", // first
    "clicked->Question", // second
    "other->Last"
  ],
  "window": 3
}
`,
    );
    assert.equal(
      applyEdits(text, removeKnockout(text, 1)),
      text
        .replace('"Question->Last", // first', '"Question->Last" // first')
        .replace('"clicked->Question" // second', '// second'),
    );
  });

  it('starts a set and the list of knockouts where there are none', () => {
    const text = '{\n  "model": "m",\n  "image": "i.jpg", // picture\n  "question": "q?"\n}\n';
    const edits = chain(
      text,
      (t) => setPatches(t, 'clicked', [3, 2]),
      (t) => addKnockout(t, { kind: 'edge', from: 'clicked', to: 'Question', window: 9 }),
    );
    assert.equal(
      applyEdits(text, edits),
      '{\n  "model": "m",\n  "image": "i.jpg", // picture\n  "question": "q?",\n  "sets": {\n    "clicked": { "patches": [2, 3] }\n  },\n  "knockouts": ["clicked->Question"]\n}\n',
    );
  });

  it('refuses a text with syntax errors', () => {
    assert.throws(() => setWindow('{ "window": ', 3), /syntax error/);
    assert.throws(() => setWindow('[]', 3), /syntax error/);
  });

  it('difference is the least single edit', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (head, a, b, tail) => {
        const edits = difference(head + a + tail, head + b + tail);
        assert.equal(applyEdits(head + a + tail, edits), head + b + tail);
        assert.ok(edits.length === 0 || edits[0].length <= a.length);
      }),
    );
  });
});
