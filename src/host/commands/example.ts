/** Opens the example that comes with the extension, as a copy that belongs to the user. */
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { House } from './house';
import { STATE } from '../ids';
import { tick } from '../walkthrough';

/** The question to look at first. */
const FIRST = 'star.flow.json';
const NAME = 'crossflow-example';
/** The small model that comes with the extension, relative to its folder. */
export const BUNDLED_MODEL = 'models/shapes-llava';

/** Asks for a folder, copies model, pictures and experiments there, and opens the first experiment with its panel. */
export async function openExample(app: House): Promise<void> {
  const picked = await vscode.window.showOpenDialog({
    title: `Where to put the example (a folder "${NAME}" is made there)`,
    openLabel: 'Put the Example Here',
    canSelectFiles: false,
    canSelectFolders: true,
    defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(app.context.globalStorageUri.fsPath),
  });
  if (!picked?.[0]) return;
  const target = path.join(picked[0].fsPath, NAME);
  await copyOnce(app.context.extensionPath, target, [
    ['examples', 'examples'],
    [BUNDLED_MODEL, BUNDLED_MODEL],
  ]);
  const first = vscode.Uri.file(path.join(target, 'examples', FIRST));
  if (!vscode.workspace.getWorkspaceFolder(first)) {
    const open = 'Open Folder';
    const choice = await vscode.window.showInformationMessage(
      `The example is in ${target}.`,
      open,
      'Only the Experiment',
    );
    if (choice === open) {
      // The window starts anew, and this with it.
      await app.context.globalState.update(STATE.opening, first.toString());
      await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(target), { forceNewWindow: false });
      return;
    }
  }
  await showFirst(app, first);
}

async function showFirst(app: House, first: vscode.Uri): Promise<void> {
  await vscode.window.showTextDocument(first, { viewColumn: vscode.ViewColumn.One });
  await app.panels.open(first);
  tick('didExample');
}

/** Goes on where `openExample` had to start the window anew. */
export async function openRemembered(app: House): Promise<void> {
  const text = app.context.globalState.get<string>(STATE.opening);
  if (text === undefined) return;
  const first = vscode.Uri.parse(text, true);
  if (!vscode.workspace.getWorkspaceFolder(first)) return;
  await app.context.globalState.update(STATE.opening, undefined);
  await showFirst(app, first);
}

/**
 * Copies these parts of the extension into a new folder; one that is there is left as it is. Beside and then renamed,
 * so that a copy that was stopped is not taken for a whole one.
 */
export async function copyOnce(extension: string, target: string, parts: readonly (readonly [string, string])[]) {
  if (await stat(target).catch(() => undefined)) return;
  const making = `${target}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  for (const [from, to] of parts) {
    await cp(path.join(extension, from), path.join(making, to), {
      recursive: true,
      filter: (file) => !path.relative(extension, file).split(path.sep).includes('results'),
    });
  }
  await rename(making, target);
}
