/** Answers to the panel's questions. */
import * as vscode from 'vscode';
import { usage } from '../../core/errors';
import { blocking } from '../../core/experiment/edges';
import type { PanelRequests, PanelToHost } from '../../protocol/panel';
import type { Flow } from '../flow';

type Request = Extract<PanelToHost, { type: 'request' }>;
type Answer = PanelRequests[Request['name']]['result'];

export interface RequestDeps {
  exportFigure(flow: Flow, request: PanelRequests['export']['params']): Promise<string | undefined>;
}

export async function answerRequest(flow: Flow, request: Request, deps: RequestDeps): Promise<Answer> {
  const { session } = flow;
  if (request.name === 'export') return deps.exportFigure(flow, request.params);
  if (!vscode.workspace.isTrusted) throw usage('nothing runs in Restricted Mode', undefined, 'trust the workspace');
  switch (request.name) {
    case 'attention':
      return session.ask('attention', { rows: [request.params.row], mean: false });
    case 'flow': {
      const { example } = session.shown;
      if (!example) throw usage('no example is shown');
      const rows = example.tokens.flatMap((token, i) => (token.kind === 'image' ? [] : [i]));
      return session.ask('attention', { rows, mean: true });
    }
    case 'tokenLens':
      return session.ask('tokenLens', { row: request.params.row });
    case 'check':
      return session.ask('check', {
        list: blocking(flow.experiment?.knockouts ?? [], session.shown.example?.sets ?? {}),
      });
  }
}
