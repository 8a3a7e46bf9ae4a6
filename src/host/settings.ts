/** The user's settings as the rest of the host reads them. */
import * as vscode from 'vscode';
import type { Device, EngineOptions } from '../core/engine/types';
import { SETTINGS } from './ids';

const MEGABYTE = 2 ** 20;

function get<T>(key: string, otherwise: T, scope?: vscode.Uri): T {
  return vscode.workspace.getConfiguration(SETTINGS.section, scope).get<T>(key, otherwise);
}

export function engineOptions(): EngineOptions {
  const threads = get(SETTINGS.threads, 0);
  const device = get<Device>(SETTINGS.device, 'cpu');
  return {
    ...(threads > 0 && { threads }),
    chunkBudget: get(SETTINGS.memoryBudget, 1024) * MEGABYTE,
    ...(device !== 'cpu' && { device }),
  };
}

export const runOnOpen = (): boolean => get(SETTINGS.runOnOpen, true);
export const inlayHintsOn = (): boolean => get(SETTINGS.inlayHints, true);
export const outputFolder = (scope: vscode.Uri): string => get(SETTINGS.outputFolder, 'results', scope);

const on = (keys: readonly string[], tell: () => void): vscode.Disposable =>
  vscode.workspace.onDidChangeConfiguration((change) => {
    if (keys.some((key) => change.affectsConfiguration(`${SETTINGS.section}.${key}`))) tell();
  });
/** Settings changed that an engine gets when it is started. */
export const onEngineSettings = (tell: () => void): vscode.Disposable =>
  on([SETTINGS.threads, SETTINGS.device, SETTINGS.memoryBudget], tell);
export const onInlayHints = (tell: () => void): vscode.Disposable => on([SETTINGS.inlayHints], tell);
