/** Answers to the panel's questions. */
import * as vscode from 'vscode';
import { usage } from '../../core/errors';
import type { PanelRequests, PanelToHost } from '../../protocol/panel';
import type { Flow } from '../flow';
import { computableOf } from '../live/facts';

type Request = Extract<PanelToHost, { type: 'request' }>;
type Answer = PanelRequests[Request['name']]['result'];

export interface RequestDeps {
  exportFigure(flow: Flow, request: PanelRequests['export']['params']): Promise<string | undefined>;
}

/** `signal`: the panel does not want the answer any more. */
export async function answerRequest(
  flow: Flow,
  request: Request,
  deps: RequestDeps,
  signal: AbortSignal,
): Promise<Answer> {
  const { session } = flow;
  if (request.name === 'export') return deps.exportFigure(flow, request.params);
  if (!vscode.workspace.isTrusted) throw usage('nothing runs in Restricted Mode', undefined, 'trust the workspace');
  switch (request.name) {
    case 'attention':
      return session.ask('attention', { rows: [request.params.row], mean: false }, signal);
    case 'flow': {
      const { example } = session.shown;
      if (!example) throw usage('no example is shown');
      const rows = example.tokens.flatMap((token, i) => (token.kind === 'image' ? [] : [i]));
      return session.ask('attention', { rows, mean: true }, signal);
    }
    case 'tokenLens':
      return session.ask('tokenLens', { row: request.params.row }, signal);
    case 'check':
      return session.check(flow.experiment ? computableOf(flow.experiment, session.shown) : [], { signal });
  }
}
