/** One experiment in the editor: its text, its live session and its panel, kept together. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { usage } from '../core/errors';
import { checkAgainstModel } from '../core/experiment/facts';
import { throwFirst, type Problem } from '../core/experiment/problems';
import type { Experiment } from '../core/experiment/types';
import type { HostToPanel, PanelExperiment } from '../protocol/panel';
import { filesOf, imageOf, modelFilesOf, parsed, titleOf, type Parsed } from './documents';
import type { EngineHooks } from './engine/engine';
import { TextHistory, type TextChange } from './history';
import { factsOf } from './live/facts';
import { banner } from './subject';
import { Planning } from './live/planning';
import { LiveSession, type LiveDeps } from './live/session';
import { FIRST_SET, panelExperiment } from './panel/experiment';
import { FileWatch } from './watch';

/** Flows made so far; names their sessions. */
let count = 0;

export interface FlowDeps extends Omit<LiveDeps, 'send' | 'changed'> {
  /** Answer, curves or status of this experiment changed. */
  changed(flow: Flow): void;
  /** A model that is not on this machine may be asked for. */
  want(model: Experiment['model'] | undefined): void;
  /** Small models run when they are looked at; of others the plan is shown first. */
  runsByItself(experiment: Experiment): Promise<boolean>;
  /** The checkpoint's folder, where it is on this machine; asks nobody. */
  folderOf(model: Experiment['model']): Promise<string | undefined>;
  /** A file that the experiment names appeared, changed or went. */
  filesChanged(flow: Flow): void;
  /** How plans start their process. */
  readonly planning: EngineHooks;
}

export class Flow {
  readonly session: LiveSession;
  /** What can be computed of the last text that could be read, for as long as the present one cannot. */
  experiment: Experiment | undefined;
  #parsed: Parsed | undefined;
  #pause: NodeJS.Timeout | undefined;
  #panel: { post(message: HostToPanel): void; asWebviewUri(file: string): string } | undefined;
  #activeSet: string | undefined;
  #live = false;
  #history: TextHistory | undefined;
  #toldProblems = '';
  readonly #planning: Planning;
  readonly #files = new FileWatch(() => this.#filesChanged());
  readonly #modelFiles = new FileWatch(() => this.#modelChanged());

  constructor(
    private place: vscode.Uri,
    private readonly deps: FlowDeps,
  ) {
    // A number, not the place: that changes when the file is renamed, and may then be another's.
    this.session = new LiveSession(`experiment ${++count}`, {
      ...deps,
      send: (message) => this.#panel?.post(message),
      changed: () => this.#resultsChanged(),
    });
    this.#planning = new Planning({
      hooks: deps.planning,
      send: (message) => this.#panel?.post(message),
      // What is wrong with the experiment itself, its run says with all its places.
      failed: (error) => {
        if (error.kind === 'usage') this.start();
        else this.#panel?.post({ type: 'status', status: { kind: 'error', ...banner(error) } });
      },
    });
  }

  get uri(): vscode.Uri {
    return this.place;
  }
  get title(): string {
    return titleOf(this.place);
  }

  /** Does a change of the text run by itself? From the first run on, or as long as there is a panel. */
  get live(): boolean {
    return this.#live && vscode.workspace.isTrusted;
  }
  get parsed(): Parsed | undefined {
    return this.#parsed;
  }

  /** What is wrong with the text, and what the model and the question cannot do. */
  get problems(): readonly Problem[] {
    const { problems = [], computable } = this.#parsed ?? {};
    const facts = computable && factsOf(this.session.shown, computable);
    return facts ? [...problems, ...checkAgainstModel(computable, facts)] : problems;
  }

  /** The set that clicks on the picture edit: the chosen one, else the first patch set of the file. */
  get activeSet(): string {
    const sets = this.experiment?.sets ?? {};
    const patchSets = Object.keys(sets).filter((name) => sets[name]?.kind === 'patches');
    if (this.#activeSet !== undefined && (sets[this.#activeSet] === undefined || patchSets.includes(this.#activeSet)))
      return this.#activeSet;
    return patchSets[0] ?? FIRST_SET;
  }

  chooseSet(name: string): void {
    this.#activeSet = name;
    this.#sendExperiment();
  }

  attach(panel: { post(message: HostToPanel): void; asWebviewUri(file: string): string } | undefined): void {
    this.#panel = panel;
    if (!panel) this.#planning.stop();
  }

  /** A panel is ready: tell it all, and run what has not been run, or say what a run will need. */
  show(): void {
    this.#sendExperiment();
    this.session.replay();
    this.#planning.replay();
    void this.#startOrPlan();
  }

  async #startOrPlan(): Promise<void> {
    const experiment = this.#parsed?.computable;
    if (this.#live || !vscode.workspace.isTrusted || !experiment) return this.start();
    if (await this.deps.runsByItself(experiment)) return this.start();
    const folder = await this.deps.folderOf(experiment.model);
    // A run may have begun meanwhile. A model that is not here yet is the run's to ask about.
    if (this.#live || !this.#panel) return;
    if (folder === undefined) return this.start();
    await this.#planning.start(folder, this.deps.options(), experiment);
  }

  /** The live loop begins. */
  start(): void {
    if (this.#live || !vscode.workspace.isTrusted) return;
    this.#live = true;
    this.#planning.stop();
    if (this.#parsed?.computable) void this.session.update(this.#parsed.computable);
  }

  /**
   * What the text says now, for someone who wants it run: of one question all that can be computed, of a data set all that
   * it says. Throws CrossflowError `usage` when that cannot be.
   */
  demand(): Experiment {
    if (!vscode.workspace.isTrusted) throw usage('nothing runs in Restricted Mode', undefined, 'trust the workspace');
    const file = this.uri.fsPath;
    const { computable, problems = [] } = this.#parsed ?? {};
    if (computable?.subject.kind !== 'question') throwFirst(problems, file);
    const experiment = computable;
    if (!experiment) throw usage('the experiment has not been read yet', file);
    this.deps.want(experiment.model);
    return experiment;
  }

  /** Everything anew, on demand. Rejects with CrossflowError `usage` when the text has errors. */
  async run(): Promise<void> {
    const experiment = this.demand();
    this.#live = true;
    this.#planning.stop();
    void this.session.update(experiment);
    return this.session.run();
  }

  /** The text is new. While someone types, a run waits for a pause. */
  read(document: vscode.TextDocument, change: TextChange): void {
    this.#parsed = parsed(document);
    const { text } = this.#parsed.source;
    if (this.#history) this.#history.record(text, change);
    else this.#history = new TextHistory(text);
    if (this.#parsed.computable) this.experiment = this.#parsed.computable;
    this.#files.set(filesOf(this.experiment));
    this.#modelFiles.set(modelFilesOf(this.experiment));
    this.#sendExperiment();
    clearTimeout(this.#pause);
    const { active } = this.#planning;
    if (!this.live && !active) return;
    const update = (): void => void (this.live ? this.session.update(this.#parsed?.computable) : this.#startOrPlan());
    if (change !== 'key') update();
    else this.#pause = setTimeout(update, this.session.pauseFor(this.#parsed.experiment));
  }

  /** Reads a text that was opened again, unless it is the one that was read last. */
  catchUp(document: vscode.TextDocument): void {
    const { source } = parsed(document);
    if (this.#parsed?.source.text !== source.text || this.#parsed.source.file !== source.file)
      this.read(document, 'edit');
  }

  /** The text as it was one step before, or after; undefined when there is no such step. */
  step(way: 'undo' | 'redo'): string | undefined {
    return this.#history?.step(way);
  }

  /** The same experiment in another file: it was saved for the first time, or renamed. */
  moveTo(document: vscode.TextDocument): void {
    this.place = document.uri;
    this.catchUp(document);
    this.#sendExperiment();
  }

  /** For curves and words that belong to the text as it is now. */
  get panelExperiment(): PanelExperiment {
    const file = imageOf(this.experiment);
    return panelExperiment({
      title: this.title,
      uri: this.uri.toString(),
      experiment: this.experiment,
      problems: this.problems,
      activeSet: this.activeSet,
      restricted: !vscode.workspace.isTrusted,
      ...(file !== undefined && existsSync(file) && this.#panel && { image: this.#panel.asWebviewUri(file) }),
    });
  }

  /** Folder that the panel must be allowed to show a picture from. */
  get imageFolder(): string | undefined {
    const file = imageOf(this.experiment);
    return file === undefined ? undefined : dirname(file);
  }

  dispose(): void {
    clearTimeout(this.#pause);
    this.#files.dispose();
    this.#modelFiles.dispose();
    this.#panel = undefined;
    this.#planning.stop();
    this.session.dispose();
  }

  /** Another picture under the same name is as another picture; a CSV is read again when it is run. */
  #filesChanged(): void {
    this.#sendExperiment();
    this.deps.filesChanged(this);
    const { computable } = this.#parsed ?? {};
    if (this.live && computable?.subject.kind === 'question') void this.session.run();
  }

  /** A checkpoint that is mended is tried again by itself; one that is loaded stays as it was loaded. */
  #modelChanged(): void {
    this.deps.filesChanged(this);
    if (this.live && this.session.status.kind === 'error') void this.session.run();
    else if (this.#panel) void this.#startOrPlan();
  }

  /** Problems show only once the model is loaded and the question is prepared; the panel hears of them then. */
  #resultsChanged(): void {
    if (JSON.stringify(this.problems) !== this.#toldProblems) this.#sendExperiment();
    this.deps.changed(this);
  }

  #sendExperiment(): void {
    const { panelExperiment } = this;
    this.#toldProblems = JSON.stringify(this.problems);
    this.#panel?.post({ type: 'experiment', experiment: panelExperiment });
  }
}
