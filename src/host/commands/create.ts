/** New experiments: from nothing, a picture, a CSV or a checkpoint folder. They open unsaved, beside what they name. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { usage } from '../../core/errors';
import { readHubId } from '../../core/hub/id';
import type { House } from './house';
import { openUnsaved } from '../documents';
import { FLOW_SUFFIX } from '../ids';
import { isCheckpoint } from '../language/disk';
import { folderOf } from '../models';
import { outputFolder } from '../settings';
import { tick } from '../walkthrough';
import { asWritten, folderAsWritten } from '../written';
import { boxFor, hasBoxes, modelFacts } from './birth';
import { chooseModel } from './choose-model';
import { choosePicture } from './choose-picture';
import { experimentText, FIRST_QUESTION, type NewExperiment } from './template';

export async function newExperiment(app: House): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? app.context.globalStorageUri;
  const model = await chooseModel(app.context, folder.fsPath);
  if (model === undefined) return;
  const image = await choosePicture(folder.fsPath);
  if (image !== undefined) await open(app, folder.fsPath, 'experiment', { model, image });
}

/** `uri` is a picture or a CSV. */
export async function newFromFile(app: House, uri: vscode.Uri | undefined): Promise<void> {
  if (!uri) return newExperiment(app);
  const folder = path.dirname(uri.fsPath);
  const name = path.parse(uri.fsPath).name;
  const isTable = /\.csv$/i.test(uri.fsPath);
  // Pictures often lie in a folder of their own; the experiment goes beside that folder.
  const home = !isTable && /^(images?|pictures?|img)$/i.test(path.basename(folder)) ? path.dirname(folder) : folder;
  const model = await chooseModel(app.context, home);
  if (model === undefined) return;
  const file = asWritten(home, uri.fsPath);
  const subject = isTable
    ? {
        dataset: {
          csv: file,
          // Below any folder pictures are found, too.
          images: existsSync(path.join(home, 'images')) ? 'images' : '.',
          boxes: await hasBoxes(uri.fsPath),
        },
      }
    : { image: file };
  await open(app, home, name, { model, ...subject });
}

/** `uri` is a checkpoint folder or a file in it. */
export async function newFromFolder(app: House, uri: vscode.Uri | undefined): Promise<void> {
  if (!uri) return newExperiment(app);
  // Names of checkpoints have dots in them, so a name does not tell.
  const checkpoint = (await stat(uri.fsPath)).isDirectory() ? uri.fsPath : path.dirname(uri.fsPath);
  if (!isCheckpoint(checkpoint))
    throw usage(
      'there is no checkpoint here',
      checkpoint,
      'its weights are model.safetensors, or shards with their index',
    );
  const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? path.dirname(checkpoint);
  const image = await choosePicture(folder);
  if (image === undefined) return;
  await open(app, folder, path.basename(checkpoint), { model: folderAsWritten(folder, checkpoint), image });
}

/** What stands in `what`, and what its files say: so the text is right as it is written. */
async function open(app: House, folder: string, name: string, what: NewExperiment): Promise<void> {
  const at = (n: number): string => path.join(folder, `${name}${n === 1 ? '' : `-${n}`}${FLOW_SUFFIX}`);
  let n = 1;
  while (existsSync(at(n))) n++;
  const file = vscode.Uri.file(at(n));
  const isId = readHubId(what.model) !== undefined && !existsSync(path.resolve(folder, what.model));
  const checkpoint = await folderOf(
    isId ? { kind: 'hub', id: what.model } : { kind: 'folder', path: path.resolve(folder, what.model) },
  ).catch(() => undefined);
  const text = experimentText({
    ...what,
    ...(await modelFacts(checkpoint)),
    ...(what.image !== undefined && (await boxFor(path.resolve(folder, what.image)))),
    output: outputFolder(file),
  });
  const document = await openUnsaved(file, text, FIRST_QUESTION);
  await app.opened(document);
  tick('didOwn');
}
