/** A study in a terminal: it may take days, and goes on where it stopped. */
import path from 'node:path';
import * as vscode from 'vscode';
import { usage } from '../../core/errors';

const SUFFIX = /\.study\.jsonc?$/;

/** Runs `crossflow study run` on the study the command was called on, or the one in front. */
export async function runStudy(extension: string, uri: vscode.Uri | undefined): Promise<void> {
  const front = vscode.window.activeTextEditor?.document;
  const file = [uri, front?.uri].find((at) => at?.scheme === 'file' && SUFFIX.test(at.path));
  if (!file) throw usage('no study is in front', undefined, 'open a NAME.study.json');
  if (!vscode.workspace.isTrusted) throw usage('nothing runs in a workspace that is not trusted', file.fsPath);
  await vscode.workspace.textDocuments.find((document) => document.uri.toString() === file.toString())?.save();
  const command = [path.join(extension, 'dist', 'cli.js'), 'study', 'run', file.fsPath];
  const task = new vscode.Task(
    { type: 'crossflow' },
    vscode.workspace.getWorkspaceFolder(file) ?? vscode.TaskScope.Workspace,
    path.basename(file.path),
    'crossflow',
    // In the desktop editor process.execPath is the editor itself, which is Node when it is told so.
    new vscode.ProcessExecution(process.execPath, command, {
      cwd: path.dirname(file.fsPath),
      env: { ELECTRON_RUN_AS_NODE: '1' },
    }),
  );
  await vscode.tasks.executeTask(task);
}
