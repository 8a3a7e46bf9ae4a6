/** Ticks a step of the walkthrough once what it asks for has happened; a command that was called may have been given up. */
import * as vscode from 'vscode';
import { CONTEXT } from './ids';

export type Step = 'didExample' | 'didPanel' | 'didPatches' | 'didDataset' | 'didOwn';

export function tick(step: Step): void {
  void vscode.commands.executeCommand('setContext', CONTEXT[step], true);
}
