/** Experiments as they stand in the editor, parsed once per version. */
import * as vscode from 'vscode';
import { parseExperiment, type ParseResult } from '../core/experiment/parse';
import { Source } from '../core/experiment/source';
import type { Experiment } from '../core/experiment/types';
import { FLOW_SUFFIX, LANGUAGE } from './ids';

export interface Parsed extends ParseResult {
  readonly version: number;
  readonly source: Source;
}

const cache = new WeakMap<vscode.TextDocument, Parsed>();

export const isFlow = (document: vscode.TextDocument): boolean => document.languageId === LANGUAGE;

export function parsed(document: vscode.TextDocument): Parsed {
  const known = cache.get(document);
  if (known?.version === document.version) return known;
  const text = document.getText();
  const file = document.uri.fsPath;
  const result = { ...parseExperiment(text, file), version: document.version, source: new Source(text, file) };
  cache.set(document, result);
  return result;
}

/** `star` of `star.flow.json`. */
export function titleOf(uri: vscode.Uri): string {
  const name = uri.path.split('/').at(-1) ?? 'experiment';
  return name.endsWith(FLOW_SUFFIX) ? name.slice(0, -FLOW_SUFFIX.length) : name;
}

export function rangeOf(
  document: vscode.TextDocument,
  at: { readonly offset: number; readonly length: number },
): vscode.Range {
  return new vscode.Range(document.positionAt(at.offset), document.positionAt(at.offset + at.length));
}

/** Absolute path of the picture of a one-question experiment. */
export function imageOf(experiment: Experiment | undefined): string | undefined {
  return experiment?.subject.kind === 'question' ? experiment.subject.image : undefined;
}
