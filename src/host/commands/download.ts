/** Fetches a model before it is needed: that of the experiment in front, or one by its id. */
import * as vscode from 'vscode';
import { readHubId } from '../../core/hub/id';
import type { House } from './house';
import type { Flow } from '../flow';

export async function downloadModel(app: House, flow: Flow | undefined): Promise<void> {
  const model = flow?.experiment?.model;
  const value = model?.kind === 'hub' ? model.id : '';
  const id = await askForId('Crossflow: Download Model', value);
  if (id === undefined) return;
  const wanted = { kind: 'hub', id } as const;
  app.models.want(wanted);
  await app.models.locate(wanted);
  void vscode.window.showInformationMessage(`Crossflow: ${wanted.id} is on this machine.`);
  // What waited for it can go on.
  if (flow?.live && model?.kind === 'hub' && model.id === wanted.id) await flow.run();
}

/** An id of the hub that can be read as one; undefined when the user changed their mind. */
export async function askForId(title: string, value = ''): Promise<string | undefined> {
  const id = await vscode.window.showInputBox({
    title,
    prompt: 'A model of the Hugging Face hub: owner/name or owner/name@revision',
    placeHolder: 'llava-hf/llava-1.5-7b-hf',
    value,
    validateInput: (text) => (readHubId(text.trim()) ? undefined : 'An id is owner/name or owner/name@revision.'),
  });
  return id?.trim();
}
