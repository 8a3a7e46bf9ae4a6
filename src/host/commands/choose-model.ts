/** Which model a new experiment is about: one at hand, or one that is named now. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { checkConfig } from '../../core/families';
import { usage } from '../../core/errors';
import { cachedModels } from '../../core/families/hub';
import { diskFacts, isCheckpoint } from '../language/disk';
import { folderAsWritten } from '../written';
import { askForId } from './download';
import { BUNDLED_MODEL, copyOnce } from './example';

const TITLE = 'New Crossflow experiment';

/** Models that outlive an update of the extension, whose own folder goes with its version. */
export const keptModels = (context: vscode.ExtensionContext): string =>
  path.join(context.globalStorageUri.fsPath, 'models');

interface Choice extends vscode.QuickPickItem {
  /** The model as the experiment's text names it; undefined when the user changed their mind. */
  text?(): Promise<string | undefined>;
}

/** As the text names it, relative to `folder`; undefined when the user changed their mind. */
export async function chooseModel(context: vscode.ExtensionContext, folder: string): Promise<string | undefined> {
  const kept = path.join(keptModels(context), path.basename(BUNDLED_MODEL));
  const [{ models }, cached] = await Promise.all([diskFacts(vscode.Uri.file(path.join(folder, 'x')), ''), readable()]);
  const asIs = (text: string): Choice => ({ label: text, text: () => Promise.resolve(text) });
  const separator = (label: string): Choice => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const choices: Choice[] = [
    ...models.map(asIs),
    ...(cached.length > 0 ? [separator('In the Hugging Face cache'), ...cached.map(asIs)] : []),
    separator('Others'),
    {
      label: 'The Small Model of the Example',
      description: 'a copy of 6 MB, kept with the data of the extension',
      text: async () => {
        await copyOnce(context.extensionPath, kept, [[BUNDLED_MODEL, '.']]);
        return folderAsWritten(folder, kept);
      },
    },
    { label: 'A Checkpoint Folder…', text: () => askForFolder(folder) },
    { label: 'A Hugging Face Id…', text: () => askForId(TITLE) },
  ];
  const picked = await vscode.window.showQuickPick(choices, { title: TITLE, placeHolder: 'Which model?' });
  return picked?.text?.();
}

/** Ids of the models in the cache that can be used here; other tools keep others there. */
async function readable(): Promise<string[]> {
  const models = await cachedModels().catch(() => []);
  const usable = await Promise.all(
    models.map(async ({ snapshot }) => {
      try {
        const config = path.join(snapshot, 'config.json');
        checkConfig(await readFile(config, 'utf8'), config);
        return true;
      } catch {
        return false;
      }
    }),
  );
  return models.flatMap(({ name }, i) => (usable[i] ? [name] : []));
}

async function askForFolder(folder: string): Promise<string | undefined> {
  const [picked] =
    (await vscode.window.showOpenDialog({
      title: 'Which checkpoint folder?',
      openLabel: 'Use This Checkpoint',
      canSelectFiles: false,
      canSelectFolders: true,
      defaultUri: vscode.Uri.file(folder),
    })) ?? [];
  if (!picked) return undefined;
  if (!isCheckpoint(picked.fsPath)) throw usage('there is no checkpoint here', picked.fsPath);
  return folderAsWritten(folder, picked.fsPath);
}
