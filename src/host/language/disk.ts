/** What lies near an experiment and can be named in it: checkpoints, pictures, tables, folders. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { DiskFacts } from './complete';
import { PICTURE_ENDINGS } from '../pictures';
import { asWritten, folderAsWritten } from '../written';
import { filesBelow } from './walk';

/** Completion asks at every key; the disk is asked again after this time. */
const FRESH_MS = 5000;

const PICTURE = new RegExp(`\\.(${PICTURE_ENDINGS.join('|')})$`, 'i');
const TABLE = /\.csv$/i;

const cache = new Map<string, { readonly at: number; readonly facts: Promise<DiskFacts> }>();

/** `keptModels`: a folder with further models, wherever it is. */
export function diskFacts(document: vscode.Uri, keptModels: string): Promise<DiskFacts> {
  const folder = path.dirname(document.fsPath);
  const known = cache.get(folder);
  if (known && Date.now() - known.at < FRESH_MS) return known.facts;
  const facts = look(folder, keptModels);
  cache.set(folder, { at: Date.now(), facts });
  return facts;
}

async function look(folder: string, keptModels: string): Promise<DiskFacts> {
  const written = (file: string): string => asWritten(folder, file);
  // A file outside the workspace sees its own folder and those below.
  const root = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder))?.uri.fsPath ?? folder;
  const files = await filesBelow(root, (name) => name === 'config.json' || PICTURE.test(name) || TABLE.test(name));
  const named = (pattern: RegExp): string[] => files.filter((file) => pattern.test(file));
  const [configs, images, tables] = [named(/[\\/]config\.json$/), named(PICTURE), named(TABLE)];
  const models = [
    ...new Set([...configs.map((file) => path.dirname(file)).filter(isCheckpoint), ...(await modelsIn(keptModels))]),
  ];
  const near = (files: readonly string[]): string[] =>
    [...new Set(files.map(written))].sort((a, b) => depth(a) - depth(b) || a.localeCompare(b));
  return {
    // A model is a folder only when its text starts like a path.
    models: near(models).map((text) => folderAsWritten(folder, path.resolve(folder, text))),
    images: near(images),
    tables: near(tables),
    folders: near(images.map((file) => path.dirname(file))),
  };
}

const depth = (file: string): number => file.split('/').length + (file.startsWith('..') ? 10 : 0);

/** A folder with weights beside its config. */
export function isCheckpoint(folder: string): boolean {
  return ['model.safetensors', 'model.safetensors.index.json'].some((file) => existsSync(path.join(folder, file)));
}

async function modelsIn(models: string): Promise<string[]> {
  const entries = await readdir(models, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(models, entry.name))
    .filter(isCheckpoint);
}
