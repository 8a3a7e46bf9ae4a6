/** Saves what a panel shows: figures and tables are made in a process of their own, the rest is written as it came. */
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { usage } from '../core/errors';
import { lookName, looksOf } from '../core/experiment/looks';
import { besidePath } from '../core/files/beside';
import type { ExportRequest } from '../protocol/panel';
import type { EngineHooks } from './engine/engine';
import { callOnce } from './engine/once';
import { resultParts } from './result-parts';
import type { Flow } from './flow';
import type { PanelManager } from './panel/manager';

const FORMATS: Readonly<Record<string, string>> = {
  svg: 'SVG drawing',
  png: 'PNG picture',
  pdf: 'PDF document',
  csv: 'CSV table',
  json: 'JSON result',
};

/** Asks where, makes and writes. Undefined when the user changed their mind. */
export async function exportFigure(
  flow: Flow,
  request: ExportRequest,
  hooks: EngineHooks,
): Promise<string | undefined> {
  const { what, format } = request;
  const folder =
    flow.uri.scheme === 'file' || flow.uri.scheme === 'untitled' ? path.dirname(flow.uri.fsPath) : undefined;
  const name = `${flow.title}-${what}.${format}`;
  const target = await vscode.window.showSaveDialog({
    title: `Export ${what}`,
    filters: { [FORMATS[format] ?? format]: [format] },
    ...(folder !== undefined && { defaultUri: vscode.Uri.file(path.join(folder, name)) }),
  });
  if (!target) return undefined;
  await writeWhole(target.fsPath, await content(flow, request, hooks));
  return target.fsPath;
}

async function content(flow: Flow, request: ExportRequest, hooks: EngineHooks): Promise<Uint8Array | string> {
  const { shown } = flow.session;
  switch (request.what) {
    case 'result':
      return `${JSON.stringify(await callOnce(hooks, 'document', await resultParts(shown)), null, 2)}\n`;
    case 'flow':
      return request.data;
    case 'image':
      return fromDataUrl(request.data);
    default: {
      const all = looksOf(shown.knockouts.map(lookName));
      const drawn = shown.curves.flatMap((curve, i) => (curve ? [{ curve, look: all[i] }] : []));
      const curves = drawn.map(({ curve }) => curve);
      if (request.what === 'knockouts' ? curves.length === 0 : !shown.lens)
        throw usage('there is nothing to export yet', undefined, 'run the experiment first');
      return callOnce(hooks, 'figure', {
        what: request.what,
        format: request.format,
        title: flow.title,
        about: {
          experiment: flow.experiment,
          prompt: shown.example?.prompt,
          answer: shown.clean?.answer,
          directory: shown.model?.directory,
        },
        ...(request.what === 'lens' && request.norm && { norm: request.norm }),
        curves,
        looks: drawn.map(({ look }) => look),
        ...(shown.lens && { lens: shown.lens }),
      });
    }
  }
}

/** Beside and then renamed: a disk that is full must not leave half a figure under the old name. */
async function writeWhole(file: string, data: Uint8Array | string): Promise<void> {
  const beside = besidePath(file);
  try {
    await writeFile(beside, data);
    await rename(beside, file);
  } catch (e) {
    await rm(beside, { force: true });
    throw e;
  }
}

function fromDataUrl(url: string): Uint8Array {
  const [head, data] = url.split(',', 2);
  if (head !== 'data:image/png;base64' || data === undefined) throw usage('the panel sent no picture');
  return Buffer.from(data, 'base64');
}

/** From the palette: first what, then where. The picture and the token flow are drawn by the panel itself. */
export async function exportWithPicker(flow: Flow, panels: PanelManager, hooks: EngineHooks): Promise<void> {
  const choices: (vscode.QuickPickItem & { readonly request?: ExportRequest })[] = [
    { label: 'Knockout curves', kind: vscode.QuickPickItemKind.Separator },
    ...(['svg', 'png', 'pdf', 'csv'] as const).map((format) => ({
      label: `Knockout curves as ${format.toUpperCase()}`,
      request: { what: 'knockouts', format } as const,
    })),
    { label: 'Logit lens', kind: vscode.QuickPickItemKind.Separator },
    ...(['svg', 'png', 'pdf', 'csv'] as const).map((format) => ({
      label: `Logit lens as ${format.toUpperCase()}`,
      request: { what: 'lens', format } as const,
    })),
    { label: 'All numbers', kind: vscode.QuickPickItemKind.Separator },
    {
      label: 'Result as JSON',
      description: 'as "crossflow run --json" prints it',
      request: { what: 'result', format: 'json' },
    },
    ...(panels.get(flow) ? [{ label: 'Picture or token flow…', description: 'as the panel draws it' }] : []),
  ];
  const picked = await vscode.window.showQuickPick(choices, { title: `Export from ${flow.title}` });
  if (!picked) return;
  if (!picked.request) return panels.do('export', flow);
  const file = await exportFigure(flow, picked.request, hooks);
  if (file === undefined) return;
  const reveal = 'Open';
  if ((await vscode.window.showInformationMessage(`Crossflow: wrote ${file}`, reveal)) === reveal)
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
}
