/**
 * Inserting into and removing from JSON text without touching what stands around it: jsonc-parser's own `modify`
 * moves or drops comments beside the place and breaks short lists over lines.
 */
import { createScanner, type Node } from 'jsonc-parser';
import type { Edit } from './problems';

// const enums of jsonc-parser, which isolated modules cannot read.
const COMMA = 5;
const LINE_COMMENT = 12;
const LINE_BREAK = 14;
const EOF = 17;

interface Tail {
  /** Where the comma after the element ends; undefined without a comma. */
  readonly comma?: { readonly start: number; readonly end: number };
  /** Where something new may stand: before the line's end, after a comment on the same line. */
  readonly end: number;
  /** Whether the element's line ends here. */
  readonly lineEnds: boolean;
}

/** What follows an element on its line. */
function tailOf(text: string, node: Node, close: number): Tail {
  const scanner = createScanner(text, false);
  scanner.setPosition(node.offset + node.length);
  let comma: Tail['comma'];
  let end = node.offset + node.length;
  for (;;) {
    const token = scanner.scan() as number;
    const start = scanner.getTokenOffset();
    const after = start + scanner.getTokenLength();
    if (token === LINE_BREAK && comma) return { comma, end, lineEnds: true };
    // The comma may stand on a later line, after a comment.
    if (token === LINE_BREAK) {
      const later = commaLater(text, after, close);
      return { ...(later && { comma: later }), end: later ? later.end : end, lineEnds: true };
    }
    if (token === EOF || start >= close) return { ...(comma && { comma }), end, lineEnds: false };
    if (token === COMMA) {
      comma = { start, end: after };
      end = after;
    } else if (token === LINE_COMMENT || token === LINE_COMMENT + 1) end = after;
    else if (token !== LINE_COMMENT + 3) return { ...(comma && { comma }), end: comma?.end ?? end, lineEnds: false };
  }
}

function commaLater(text: string, from: number, close: number): { start: number; end: number } | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(from);
  const token = scanner.scan() as number;
  const start = scanner.getTokenOffset();
  return token === COMMA && start < close ? { start, end: start + 1 } : undefined;
}

const indentAt = (text: string, offset: number): string => {
  const start = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  return /^[^\S\r\n]*/.exec(text.slice(start, offset))![0];
};

const eolOf = (text: string): string => /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';

/** One step of indentation as the file uses it. */
function indentUnit(text: string): string {
  const first = /(?:^|[\r\n])([ \t]+)"/.exec(text)?.[1];
  return first === undefined ? '  ' : first.startsWith('\t') ? '\t' : first;
}

const isMultiline = (text: string, container: Node): boolean => {
  const first = container.children?.[0];
  const until = first ? first.offset : container.offset + container.length;
  return /[\r\n]/.test(text.slice(container.offset, until));
};

/** Puts `content` into an object or array, behind the child `after` (first when undefined). */
export function insertInto(text: string, container: Node, after: Node | undefined, content: string): Edit[] {
  const close = container.offset + container.length - 1;
  const children = container.children ?? [];
  const eol = eolOf(text);
  const outer = indentAt(text, container.offset);
  if (!after) {
    const first = children[0];
    const open = container.offset + 1;
    if (first) {
      // Comments above the first child belong to it: stand directly behind the opening bracket.
      return isMultiline(text, container)
        ? [{ offset: open, length: 0, content: eol + indentAt(text, first.offset) + content + ',' }]
        : [{ offset: first.offset, length: 0, content: content + ', ' }];
    }
    const inside = text.slice(open, close);
    const wide = container.type === 'object' && content.length > 0;
    const inner = eol + outer + indentUnit(text);
    if (/\S/.test(inside))
      return [{ offset: open, length: 0, content: inner + content + (/^\s*[\r\n]/.test(inside) ? '' : eol + outer) }];
    return [{ offset: open, length: inside.length, content: wide ? inner + content + eol + outer : content }];
  }
  const tail = tailOf(text, after, close);
  const end = after.offset + after.length;
  if (!isMultiline(text, container) || !tail.lineEnds) {
    // The next element stands on the same line.
    return tail.comma
      ? [{ offset: tail.comma.end, length: 0, content: ` ${content},` }]
      : [{ offset: end, length: 0, content: `, ${content}` }];
  }
  const line = eol + indentAt(text, after.offset) + content;
  if (tail.comma) return [{ offset: tail.end, length: 0, content: line + ',' }];
  if (tail.end === end) return [{ offset: end, length: 0, content: ',' + line }];
  return [
    { offset: end, length: 0, content: ',' },
    { offset: tail.end, length: 0, content: line },
  ];
}

/** Takes a child out with its comma; comments stay, a line left empty goes. */
export function removeFrom(text: string, container: Node, index: number): Edit[] {
  const children = container.children ?? [];
  const node = children[index];
  if (!node) return [];
  const close = container.offset + container.length - 1;
  const start = node.offset;
  const end = node.offset + node.length;
  const { comma } = tailOf(text, node, close);
  const edits: Edit[] = [];
  if (!comma && index > 0) {
    const before = tailOf(text, children[index - 1], close).comma;
    if (before) edits.push({ offset: before.start, length: before.end - before.start, content: '' });
  }
  const until = comma && !/\S/.test(text.slice(end, comma.start)) ? comma.end : end;
  const lineStart = Math.max(text.lastIndexOf('\n', start - 1), text.lastIndexOf('\r', start - 1)) + 1;
  const lead = text.slice(lineStart, start);
  const rest = /^[^\S\r\n]*(\r\n|\n|\r)?/.exec(text.slice(until))!;
  if (!/\S/.test(lead) && rest[1] !== undefined && lineStart > container.offset) {
    edits.push({ offset: lineStart, length: until + rest[0].length - lineStart, content: '' });
  } else {
    // Inside a line: take the blanks on one side along.
    const forward = comma !== undefined || !/\S/.test(lead);
    const from = forward
      ? start
      : Math.max(edits[0] ? edits[0].offset + edits[0].length : 0, lineStart + lead.trimEnd().length);
    const to = forward && rest[1] === undefined ? until + rest[0].length : until;
    edits.push({ offset: from, length: to - from, content: '' });
  }
  if (comma && until !== comma.end) edits.push({ offset: comma.start, length: 1, content: '' });
  return edits;
}
