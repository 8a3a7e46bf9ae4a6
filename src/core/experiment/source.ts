/** The text of an experiment with its tree: from a path or an offset inside to line and column. */
import { findNodeAtLocation, parseTree, type JSONPath, type Node, type ParseError } from 'jsonc-parser';
import type { Problem } from './problems';

/** Files that no person writes by hand would only hang the editor. */
export const MAX_TEXT = 4 * 1024 * 1024;
/** Deeper nesting than any experiment has; the parser recurses. */
const MAX_DEPTH = 64;

export interface Range {
  readonly offset: number;
  readonly length: number;
}

export class Source {
  readonly root: Node | undefined;
  readonly syntaxErrors: readonly ParseError[];
  private readonly lineStarts: number[] = [0];

  constructor(
    readonly text: string,
    readonly file: string,
  ) {
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === 10 || (c === 13 && text.charCodeAt(i + 1) !== 10)) this.lineStarts.push(i + 1);
    }
    const errors: ParseError[] = [];
    // A byte order mark is read as a blank, so offsets stay.
    const readable = text.startsWith('\uFEFF') ? ' ' + text.slice(1) : text;
    this.root =
      text.length > MAX_TEXT || tooDeep(readable)
        ? undefined
        : parseTree(readable, errors, { allowTrailingComma: true });
    this.syntaxErrors = errors;
  }

  get deep(): boolean {
    return this.root === undefined && tooDeep(this.text);
  }

  /** Line and column of an offset, from 1. */
  position(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lineStarts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.lineStarts[low] + 1 };
  }

  node(path: JSONPath): Node | undefined {
    return this.root && findNodeAtLocation(this.root, path);
  }

  /** The value at a path; of the nearest ancestor that exists when there is none. */
  valueRange(path: JSONPath): Range {
    for (let length = path.length; length >= 0; length--) {
      const node = this.node(path.slice(0, length));
      if (node) return length === path.length ? node : firstLine(node, this.text);
    }
    return { offset: 0, length: 0 };
  }

  /** The key (with its quotes) that a path ends in. */
  keyRange(path: JSONPath): Range {
    const parent = this.node(path)?.parent;
    const key = parent?.type === 'property' ? parent.children?.[0] : undefined;
    return key ?? this.valueRange(path);
  }

  /** Part of a string value, when it is written without escapes; else the whole string. */
  stringPart(node: Node, at: number, length: number): Range {
    const raw = this.text.slice(node.offset + 1, node.offset + node.length - 1);
    return raw === node.value ? { offset: node.offset + 1 + at, length } : node;
  }

  problem(
    code: Problem['code'],
    range: Range,
    message: string,
    more: Partial<Pick<Problem, 'hint' | 'fixes' | 'severity'>> = {},
  ): Problem {
    // jsonc-parser counts an unclosed comment past the text's end.
    const offset = Math.min(range.offset, this.text.length);
    const length = Math.min(range.length, this.text.length - offset);
    return { code, severity: 'error', message, ...more, offset, length, ...this.position(offset) };
  }
}

/** A missing key is shown at the opening brace, not over the whole object. */
function firstLine(node: Node, text: string): Range {
  const end = text.slice(node.offset, node.offset + node.length).search(/[\r\n]/);
  return node.type === 'object' || node.type === 'array'
    ? { offset: node.offset, length: 1 }
    : { offset: node.offset, length: end < 0 ? node.length : end };
}

function tooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"' || c === '\n') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '[' || c === '{') {
      if (++depth > MAX_DEPTH) return true;
    } else if (c === ']' || c === '}') depth--;
  }
  return false;
}

/** Plain data of a node. Keys such as `__proto__` become ordinary properties. */
export function valueOf(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(valueOf);
  if (node.type !== 'object') return node.value as unknown;
  const entries = (node.children ?? []).flatMap((property): [string, unknown][] => {
    const [key, value] = property.children ?? [];
    return key && value ? [[String(key.value), valueOf(value)]] : [];
  });
  return Object.fromEntries(entries);
}
