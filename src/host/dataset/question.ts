/** One question of a data set as an experiment of its own, to look at live. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { readDataset, toQuestion } from '../../core/dataset/rows';
import { usage } from '../../core/errors';
import { FLOW_SUFFIX } from '../ids';
import { openUnsaved } from '../documents';
import type { Flow } from '../flow';
import type { PanelManager } from '../panel/manager';
import { questionText } from './question-text';

export async function openQuestion(flow: Flow, questionId: string, panels: PanelManager): Promise<void> {
  const { experiment } = flow;
  if (experiment?.subject.kind !== 'dataset') throw usage('the experiment is no data set any more', flow.uri.fsPath);
  const { rows } = await readDataset(experiment.subject);
  const row = rows.find((one) => one.questionId === questionId);
  if (!row) throw usage(`the CSV has no question ${questionId} any more`, experiment.subject.csv);
  const folder = path.dirname(flow.uri.fsPath);
  // Question ids come from a file: what could leave the folder is taken out.
  const name = `${flow.title}-${questionId.replace(/[^\w.-]+/g, '_')}${FLOW_SUFFIX}`;
  const file = vscode.Uri.file(path.join(folder, name));
  if (existsSync(file.fsPath)) {
    await vscode.window.showTextDocument(file, { viewColumn: vscode.ViewColumn.One });
    return panels.open(file);
  }
  const text = questionText(experiment, toQuestion(row, experiment), folder);
  const document = await openUnsaved(file, text);
  await panels.open(document.uri);
}
