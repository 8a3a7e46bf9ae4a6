/** The outline of an experiment: its keys, and under them sets, knockouts and boxes by name. */
import type { Node } from 'jsonc-parser';
import * as vscode from 'vscode';
import type { Source } from '../../core/experiment/source';
import { rangeOf } from '../documents';

const { SymbolKind } = vscode;

export function outlineOf(document: vscode.TextDocument, source: Source): vscode.DocumentSymbol[] {
  return properties(source.root).map(([key, value, property]) => {
    const text = value.type === 'object' || value.type === 'array' ? '' : String(value.value);
    const symbol = make(document, key, text, SymbolKind.Property, property);
    symbol.children = children(document, key, value, source);
    return symbol;
  });
}

function children(document: vscode.TextDocument, key: string, value: Node, source: Source): vscode.DocumentSymbol[] {
  if (key === 'sets')
    return properties(value).map(([name, , property]) => make(document, name, '', SymbolKind.Variable, property));
  if (key !== 'knockouts' && key !== 'objects') return [];
  return (value.children ?? []).map((node, i) => {
    const text =
      typeof node.value === 'string' ? node.value : source.text.slice(node.offset, node.offset + node.length);
    return key === 'knockouts'
      ? make(document, text, '', SymbolKind.Event, node)
      : make(document, `box ${i + 1}`, text, SymbolKind.Array, node);
  });
}

function properties(node: Node | undefined): [key: string, value: Node, property: Node][] {
  return (node?.type === 'object' ? (node.children ?? []) : []).flatMap((property): [string, Node, Node][] => {
    const [key, value] = property.children ?? [];
    return key && value ? [[String(key.value), value, property]] : [];
  });
}

function make(
  document: vscode.TextDocument,
  name: string,
  detail: string,
  kind: vscode.SymbolKind,
  node: Node,
): vscode.DocumentSymbol {
  const range = rangeOf(document, node);
  // An empty name would make the editor refuse the whole outline.
  return new vscode.DocumentSymbol(name || '(empty)', detail, kind, range, range);
}
