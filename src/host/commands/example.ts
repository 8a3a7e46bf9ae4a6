/** Opens the example that comes with the extension, as a copy that belongs to the user. */
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../app';

/** The question to look at first. */
const FIRST = 'star.flow.json';
const NAME = 'crossflow-example';

/** Asks for a folder, copies model, pictures and experiments there, and opens the first experiment with its panel. */
export async function openExample(app: App): Promise<void> {
  const picked = await vscode.window.showOpenDialog({
    title: `Where to put the example (a folder "${NAME}" is made there)`,
    openLabel: 'Put the Example Here',
    canSelectFiles: false,
    canSelectFolders: true,
    defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(app.context.globalStorageUri.fsPath),
  });
  if (!picked?.[0]) return;
  const target = path.join(picked[0].fsPath, NAME);
  await copyOnce(app.context.extensionPath, target);
  const first = vscode.Uri.file(path.join(target, 'examples', FIRST));
  if (!vscode.workspace.getWorkspaceFolder(first)) {
    const open = 'Open Folder';
    const choice = await vscode.window.showInformationMessage(
      `The example is in ${target}.`,
      open,
      'Only the Experiment',
    );
    if (choice === open) {
      await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(target), { forceNewWindow: false });
      return;
    }
  }
  await vscode.window.showTextDocument(first, { viewColumn: vscode.ViewColumn.One });
  await app.panels.open(first);
}

/** Copies beside and renames, so that a copy that was stopped is not taken for a whole one. */
async function copyOnce(extension: string, target: string): Promise<void> {
  if (await stat(target).catch(() => undefined)) return;
  const making = `${target}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(path.join(making, 'models'), { recursive: true });
  await cp(path.join(extension, 'examples'), path.join(making, 'examples'), {
    recursive: true,
    filter: (file) => !file.split(path.sep).includes('results'),
  });
  await cp(path.join(extension, 'models', 'shapes-llava'), path.join(making, 'models', 'shapes-llava'), {
    recursive: true,
  });
  await rename(making, target);
}
