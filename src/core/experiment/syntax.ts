/** Syntax errors of the text, in words, with a fix where one is plain. */
import { printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import type { Fix, Problem } from './problems';
import { MAX_TEXT, type Source } from './source';

/** One slip breaks much of what follows; more lines than this help nobody. */
const MOST = 5;

/** What a kind of file is called, and how an empty one may begin. */
export interface FileKind {
  readonly noun: string;
  readonly needs: string;
  readonly template: string;
}
const EXPERIMENT: FileKind = {
  noun: 'experiment',
  needs: 'it needs "model", "image" and "question"',
  template: '{\n  "model": "",\n  "image": "",\n  "question": "",\n  "knockouts": ["Question->Last"]\n}\n',
};

export function syntaxProblems(source: Source, { noun, needs, template }: FileKind = EXPERIMENT): Problem[] {
  const { text } = source;
  if (text.length > MAX_TEXT) {
    const article = /^[aeiou]/.test(noun) ? 'an' : 'a';
    const message = `${article} ${noun} of ${text.length} characters is too long`;
    return [source.problem('syntax', { offset: 0, length: 0 }, message)];
  }
  if (source.deep) return [source.problem('syntax', { offset: 0, length: 0 }, `nested too deeply for this ${noun}`)];
  if (!/\S/.test(text.replace('\uFEFF', ''))) {
    return [
      source.problem('syntax', { offset: 0, length: text.length }, `the ${noun} is empty`, {
        hint: needs,
        fixes: [{ title: `Write a new ${noun}`, edits: [{ offset: 0, length: text.length, content: template }] }],
      }),
    ];
  }
  const lines = new Set<number>();
  const problems: Problem[] = [];
  const cutShort = unclosed(source);
  const errors = cutShort
    ? source.syntaxErrors.filter((e) => e.offset < text.trimEnd().length && !CLOSING.has(e.error))
    : source.syntaxErrors;
  if (cutShort && errors.length === 0) return [cutShort];
  for (const error of errors) {
    const { line } = source.position(error.offset);
    if (lines.has(line) || problems.length === MOST) continue;
    lines.add(line);
    problems.push(describe(error, source));
  }
  if (problems.length === 0) problems.push(...duplicates(source));
  return problems;
}

/** Codes of jsonc-parser (a const enum there): closing brace and closing bracket expected. */
const CLOSING: ReadonlyMap<number, string> = new Map([
  [7, '}'],
  [8, ']'],
]);

/** A text that ends too early: one problem, and a fix that closes everything. */
function unclosed(source: Source): Problem | undefined {
  const { text } = source;
  const missing = source.syntaxErrors.flatMap((e) =>
    e.offset >= text.trimEnd().length ? (CLOSING.get(e.error) ?? []) : [],
  );
  if (missing.length === 0) return undefined;
  const closers = missing.join('');
  const content = (/[\r\n]$/.test(text) ? '' : '\n') + closers + '\n';
  return source.problem(
    'syntax',
    { offset: text.trimEnd().length, length: 0 },
    `the text ends before the closing "${closers}"`,
    {
      fixes: [{ title: `Insert "${closers}"`, edits: [{ offset: text.length, length: 0, content }] }],
    },
  );
}

function describe(error: ParseError, source: Source): Problem {
  const { text } = source;
  const found = text.slice(error.offset, error.offset + error.length);
  const before = endBefore(text, error.offset);
  const insert = (content: string, offset: number): Fix[] => [
    { title: `Insert "${content}"`, edits: [{ offset, length: 0, content }] },
  ];
  const at = (message: string, hint?: string, fixes?: Fix[]) =>
    source.problem('syntax', { offset: error.offset, length: error.length }, message, {
      ...(hint && { hint }),
      ...(fixes && { fixes }),
    });
  switch (printParseErrorCode(error.error)) {
    case 'CommaExpected':
      return source.problem(
        'syntax',
        { offset: error.offset, length: error.length },
        'a comma is missing before this',
        {
          fixes: insert(',', before),
        },
      );
    case 'ColonExpected':
      return at('a colon is missing after the key', undefined, insert(':', before));
    case 'CloseBraceExpected':
      return at('a closing "}" is missing');
    case 'CloseBracketExpected':
      return at('a closing "]" is missing', undefined, insert(']', before));
    case 'PropertyNameExpected':
      return at('a key in double quotes is expected here');
    case 'ValueExpected':
      return at('a value is missing here');
    case 'EndOfFileExpected':
      return at('nothing may follow the closing "}"');
    case 'UnexpectedEndOfString':
      return at('the text has no closing double quote', undefined, insert('"', error.offset + found.trimEnd().length));
    case 'UnexpectedEndOfComment':
      return at('the comment has no closing "*/"');
    case 'InvalidSymbol': {
      const word = /^'(.*)'$/s.exec(found)?.[1] ?? found;
      const quoted = JSON.stringify(word);
      return at(`${found} is not JSON`, `text stands in double quotes: ${quoted}`, [
        { title: `Write ${quoted}`, edits: [{ offset: error.offset, length: error.length, content: quoted }] },
      ]);
    }
    case 'InvalidEscapeCharacter':
      return at('unknown escape in the text', 'write \\\\ for a backslash, or / in paths');
    case 'InvalidUnicode':
      return at('\\u needs four hexadecimal digits');
    case 'InvalidCharacter':
      return at('control characters stand in texts as escapes', 'a tab is \\t, a line break \\n');
    case 'InvalidNumberFormat':
    case 'UnexpectedEndOfNumber':
      return at(`${found} is not a number`);
    default:
      return at('this is not JSON');
  }
}

/** End of the last thing before an offset, blanks and line comments left out. */
function endBefore(text: string, offset: number): number {
  let end = offset;
  for (;;) {
    end = text.slice(0, end).trimEnd().length;
    const lineStart = text.lastIndexOf('\n', end - 1) + 1;
    const comment = /^(?:[^"/]|"(?:[^"\\]|\\.)*")*?(\/\/.*)$/.exec(text.slice(lineStart, end));
    if (!comment) return end;
    end -= comment[1].length;
  }
}

/** JSON lets a key stand twice and silently takes one; here that is an error. */
function duplicates(source: Source): Problem[] {
  const problems: Problem[] = [];
  const walk = (node: Node): void => {
    if (node.type === 'object') {
      const seen = new Set<string>();
      for (const property of node.children ?? []) {
        const key = property.children?.[0];
        if (!key) continue;
        const name = String(key.value);
        if (seen.has(name)) problems.push(source.problem('duplicate-key', key, `"${name}" stands here twice`));
        if (name === '__proto__') problems.push(source.problem('reserved-name', key, '"__proto__" cannot be a name'));
        seen.add(name);
      }
    }
    node.children?.forEach(walk);
  };
  if (source.root) walk(source.root);
  return problems;
}
