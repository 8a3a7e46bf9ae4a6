/** New experiments: from nothing, a picture, a CSV or a checkpoint folder. They open unsaved, beside what they name. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../app';
import { FLOW_SUFFIX } from '../ids';
import { diskFacts } from '../language/disk';
import { outputFolder } from '../settings';
import { experimentText, type NewExperiment } from './template';

export async function newExperiment(app: App): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? app.context.globalStorageUri;
  const model = await chooseModel(app, folder.fsPath);
  if (model === undefined) return;
  await open(app, folder.fsPath, 'experiment', { model, image: 'images/picture.jpg' });
}

/** `uri` is a picture or a CSV. */
export async function newFromFile(app: App, uri: vscode.Uri | undefined): Promise<void> {
  if (!uri) return newExperiment(app);
  const folder = path.dirname(uri.fsPath);
  const name = path.parse(uri.fsPath).name;
  const isTable = /\.csv$/i.test(uri.fsPath);
  // Pictures often lie in a folder of their own; the experiment goes beside that folder.
  const home = !isTable && /^(images?|pictures?|img)$/i.test(path.basename(folder)) ? path.dirname(folder) : folder;
  const model = await chooseModel(app, home);
  if (model === undefined) return;
  const file = relative(home, uri.fsPath);
  await open(app, home, name, { model, ...(isTable ? { dataset: file } : { image: file }) });
}

/** `uri` is a checkpoint folder or a file in it. */
export async function newFromFolder(app: App, uri: vscode.Uri | undefined): Promise<void> {
  if (!uri) return newExperiment(app);
  // Names of checkpoints have dots in them, so a name does not tell.
  const checkpoint = (await stat(uri.fsPath)).isDirectory() ? uri.fsPath : path.dirname(uri.fsPath);
  const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? path.dirname(checkpoint);
  const { images } = await diskFacts(vscode.Uri.file(path.join(folder, 'x')), '');
  const model = asFolder(relative(folder, checkpoint));
  await open(app, folder, path.basename(checkpoint), { model, image: images[0] ?? 'images/picture.jpg' });
}

/** The only model at hand is taken without asking. */
async function chooseModel(app: App, folder: string): Promise<string | undefined> {
  const { models } = await diskFacts(
    vscode.Uri.file(path.join(folder, 'x')),
    path.join(app.context.extensionPath, 'models'),
  );
  if (models.length <= 1) return models[0] ?? '../models/';
  return vscode.window.showQuickPick(models, { title: 'New Crossflow experiment', placeHolder: 'Which model?' });
}

async function open(app: App, folder: string, name: string, what: NewExperiment): Promise<void> {
  const at = (n: number): string => path.join(folder, `${name}${n === 1 ? '' : `-${n}`}${FLOW_SUFFIX}`);
  let n = 1;
  while (existsSync(at(n))) n++;
  const file = vscode.Uri.file(at(n));
  await app.opened(await openUnsaved(file, experimentText({ ...what, output: outputFolder(file) })));
}

/** A document that is not on disk yet but knows where it will be, so that its relative paths hold. */
export async function openUnsaved(file: vscode.Uri, text: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(file.with({ scheme: 'untitled' }));
  if (document.getText() === '') {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), text);
    await vscode.workspace.applyEdit(edit);
  }
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One });
  return document;
}

const relative = (from: string, to: string): string => path.relative(from, to).replaceAll('\\', '/');
const asFolder = (text: string): string => (text.startsWith('.') || path.isAbsolute(text) ? text : `./${text}`);
