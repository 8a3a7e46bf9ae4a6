/** What commands need of the extension at work. */
import type * as vscode from 'vscode';
import type { ResultsManager } from '../dataset/manager';
import type { Models } from '../download';
import type { EngineHooks } from '../engine/engine';
import type { Flow } from '../flow';
import type { Studies } from '../study/manager';
import type { PanelManager } from '../panel/manager';
import type { Working } from '../status';

export interface House {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly models: Pick<Models, 'want' | 'locate'>;
  readonly panels: PanelManager;
  readonly results: Pick<ResultsManager, 'run' | 'open'>;
  readonly studies: Pick<Studies, 'run' | 'status' | 'report'>;
  readonly engine: EngineHooks;
  readonly working: readonly Working[];
  flow(uri: vscode.Uri): Promise<Flow>;
  known(uri: vscode.Uri): Flow | undefined;
  opened(document: vscode.TextDocument): Promise<void>;
  cancel(uri: vscode.Uri): void;
  restartEngines(flow?: Flow): Promise<void>;
}
