/** Studies from the editor: run with progress and cancel, looked at, reported. */
import path from 'node:path';
import * as vscode from 'vscode';
import { failed, usage } from '../../core/errors';
import { throwFirst } from '../../core/experiment/problems';
import { parseStudy } from '../../core/study/parse';
import type { Study } from '../../core/study/types';
import { howFar, plural } from '../../core/words';
import { modelKey, type StudyEvent, type StudyResult } from '../../protocol/engine';
import type { Models } from '../download';
import type { EngineHooks } from '../engine/engine';
import { callOnce } from '../engine/once';
import { ENDS_SHORT, ENDS_WITH_WINDOW, type Interrupted } from '../interrupted';
import { barOf } from '../run-progress';
import { engineOptions } from '../settings';
import type { Working } from '../status';
import { openReport } from '../dataset/open-report';
import { statusItems } from './status';

const SUFFIX = /\.study\.jsonc?$/;

export interface StudiesDeps {
  readonly models: Models;
  /** How processes are started. */
  readonly engine: EngineHooks;
  readonly interrupted: Interrupted;
  /** A run began, went on or ended. */
  changed(): void;
}

interface Running {
  readonly uri: vscode.Uri;
  readonly abort: AbortController;
  state: StudyEvent | undefined;
  /** Questions are asked, which takes time that could be lost; a report is soon made again. */
  readonly asks: boolean;
}

export class Studies {
  readonly #running = new Map<string, Running>();

  constructor(private readonly deps: StudiesDeps) {}

  /** Asks what no journal holds yet, then makes tables, figures and report. */
  async run(asked: vscode.Uri | undefined): Promise<void> {
    const { uri, study } = await this.#inFront(asked);
    if (this.#running.has(uri.toString())) return;
    // A second call before the first has found its models would run the study twice.
    const running: Running = { uri, abort: new AbortController(), state: undefined, asks: true };
    this.#running.set(uri.toString(), running);
    this.deps.changed();
    let result: StudyResult;
    try {
      const folders = await this.#folders(study);
      await this.deps.interrupted.began(uri, 'study');
      result = await this.#withProgress(`Crossflow: ${study.name}`, running, (onEvent) =>
        callOnce(
          this.deps.engine,
          'study',
          { file: uri.fsPath, folders, options: engineOptions() },
          { signal: running.abort.signal, onEvent },
        ),
      );
    } finally {
      this.#running.delete(uri.toString());
      this.deps.changed();
      await this.deps.interrupted.ended(uri);
    }
    await this.#announce(study, result);
  }

  /** How far each run is, whoever works on it. */
  async status(asked: vscode.Uri | undefined): Promise<void> {
    const { uri, study } = await this.#inFront(asked);
    const found = await callOnce(this.deps.engine, 'studyStatus', { file: uri.fsPath });
    const { title, items } = statusItems(found);
    await vscode.window.showQuickPick(items, { title: `${study.name}: ${title}`, placeHolder: 'Runs of this study' });
  }

  /** Tables aside, all that can be made of the results that are there, and then shown. */
  async report(asked: vscode.Uri | undefined): Promise<void> {
    const { uri, study } = await this.#inFront(asked);
    const running: Running = { uri, abort: new AbortController(), state: undefined, asks: false };
    const { output, left } = await this.#withProgress(`Crossflow: report of ${study.name}`, running, (onEvent) =>
      callOnce(this.deps.engine, 'studyReport', { file: uri.fsPath }, { signal: running.abort.signal, onEvent }),
    );
    tellLeftOut(study, left);
    await show(study, output);
  }

  get working(): readonly Working[] {
    return [...this.#running.values()].map(({ uri, state }) => ({
      uri,
      title: path.basename(uri.path),
      status: {
        kind: 'busy',
        what: state ? progressText(state) : 'Looking at models and questions',
        ...(state && state.total > 0 && { fraction: state.done / state.total }),
        ...(state?.secondsLeft !== undefined && { secondsLeft: state.secondsLeft }),
        cancellable: true,
      },
    }));
  }

  cancel(uri: vscode.Uri): void {
    this.#running.get(uri.toString())?.abort.abort();
  }

  /** Every model's folder; one that is not here is asked about, and fetched. */
  async #folders(study: Study): Promise<Record<string, string>> {
    const folders: Record<string, string> = {};
    for (const { experiment } of study.runs) {
      const key = modelKey(experiment.model);
      if (key in folders) continue;
      this.deps.models.want(experiment.model);
      folders[key] = await this.deps.models.locate(experiment.model);
    }
    return folders;
  }

  #withProgress<R>(
    title: string,
    running: Running,
    work: (onEvent: (event: StudyEvent) => void) => Promise<R>,
  ): Thenable<R> {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return vscode.window.withProgress(options, (progress, token) => {
      token.onCancellationRequested(() => running.abort.abort());
      if (running.asks) progress.report({ message: ENDS_WITH_WINDOW });
      const ends = running.asks ? `; ${ENDS_SHORT}` : '';
      const bar = barOf((value) => progress.report(value));
      return work((event) => {
        running.state = event;
        this.deps.changed();
        bar(progressText(event) + ends, event);
      });
    });
  }

  async #announce(study: Study, { asked, kept, failed, left, output }: StudyResult): Promise<void> {
    tellLeftOut(study, left);
    const lost = failed > 0 ? `, ${failed} could not be asked` : '';
    const open = 'Open Report';
    const picked = await vscode.window.showInformationMessage(
      `Crossflow: ${study.name} is done: ${kept} of ${plural(asked, 'question')} answered right${lost}.`,
      open,
    );
    if (picked === open) await show(study, output);
  }

  /** The study a command was called on, or the one in front, saved and without errors. */
  async #inFront(asked: vscode.Uri | undefined): Promise<{ readonly uri: vscode.Uri; readonly study: Study }> {
    const front = vscode.window.activeTextEditor?.document.uri;
    const uri = [asked, front].find((at) => at?.scheme === 'file' && SUFFIX.test(at.path));
    if (!uri) throw usage('no study is in front', undefined, 'open a NAME.study.json');
    if (!vscode.workspace.isTrusted) throw usage('nothing runs in a workspace that is not trusted', uri.fsPath);
    const document = await vscode.workspace.openTextDocument(uri);
    await document.save();
    const { study, problems } = parseStudy(document.getText(), uri.fsPath);
    throwFirst(problems, vscode.workspace.asRelativePath(uri));
    if (!study) throw failed('the study cannot be read', uri.fsPath);
    return { uri, study };
  }
}

const progressText = (event: StudyEvent): string => `${event.what}: ${howFar(event)}`;

const show = (study: Study, output: string): Promise<void> => openReport(output, `Report: ${study.name}`);

/** Runs that could not be asked or reported, and why. */
function tellLeftOut(study: Study, lines: readonly string[]): void {
  for (const line of lines) void vscode.window.showWarningMessage(`Crossflow: ${study.name} left out a run: ${line}`);
}
