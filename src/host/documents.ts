/** Experiments as they stand in the editor, parsed once per version. */
import path from 'node:path';
import * as vscode from 'vscode';
import { parseComputable, type ComputableResult } from '../core/experiment/computable';
import { Source } from '../core/experiment/source';
import type { Experiment } from '../core/experiment/types';
import { BESIDE } from '../core/hub/needed';
import { INDEX, SINGLE } from '../core/hub/weight-files';
import { FLOW_SELECTOR, FLOW_SUFFIX, STUDY_SELECTOR } from './ids';

export interface Parsed extends ComputableResult {
  readonly version: number;
  readonly source: Source;
}

const cache = new WeakMap<vscode.TextDocument, Parsed>();

/** An experiment that can be edited: not the old side of a comparison, a git revision or another copy of a text. */
export const isFlow = (document: vscode.TextDocument): boolean => vscode.languages.match(FLOW_SELECTOR, document) > 0;

export const isStudy = (document: vscode.TextDocument): boolean => vscode.languages.match(STUDY_SELECTOR, document) > 0;

/** The text at a place, where it is open. */
export const openAt = (uri: vscode.Uri): vscode.TextDocument | undefined =>
  vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());

export function parsed(document: vscode.TextDocument): Parsed {
  const known = cache.get(document);
  if (known?.version === document.version) return known;
  const text = document.getText();
  const file = document.uri.fsPath;
  const result = { ...parseComputable(text, file), version: document.version, source: new Source(text, file) };
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

/** Absolute paths of the files that an experiment asks about: its picture or its CSV. */
export function filesOf(experiment: Experiment | undefined): string[] {
  const subject = experiment?.subject;
  return subject ? [subject.kind === 'question' ? subject.image : subject.csv] : [];
}

/** Absolute paths of the files that an experiment's model is read from, where it is a folder. */
export function modelFilesOf(experiment: Experiment | undefined): string[] {
  const { model } = experiment ?? {};
  return model?.kind === 'folder' ? [...BESIDE, SINGLE, INDEX].map((name) => path.join(model.path, name)) : [];
}

/** Absolute path of the picture of a one-question experiment. */
export function imageOf(experiment: Experiment | undefined): string | undefined {
  return experiment?.subject.kind === 'question' ? experiment.subject.image : undefined;
}

/**
 * A document that is not on disk yet but knows where it will be, so that its relative paths hold. `chosen`: a part of it
 * that is selected, for its reader to write over.
 */
export async function openUnsaved(file: vscode.Uri, text: string, chosen = ''): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(file.with({ scheme: 'untitled' }));
  if (document.getText() === '') {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), text);
    await vscode.workspace.applyEdit(edit);
  }
  const at = chosen === '' ? -1 : document.getText().indexOf(chosen);
  await vscode.window.showTextDocument(document, {
    viewColumn: vscode.ViewColumn.One,
    ...(at >= 0 && { selection: rangeOf(document, { offset: at, length: chosen.length }) }),
  });
  return document;
}
