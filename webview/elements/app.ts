/** `<crossflow-panel>`: what state the whole is in, and what applies to all of it. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PanelAction, PanelExperiment } from '../../src/protocol/panel';
import { activePatches } from '../model/state';
import { plural } from '../model/words';
import { PanelElement } from '../ui/element';
import { icon } from '../ui/icons';
import { spokenStatus, statusTemplate } from '../ui/status';
import type { ExportMenu } from './export-menu';
import type { Workspace } from './workspace';

export class App extends PanelElement {
  private said = '';
  /** What a screen reader was last told of the status. */
  private heard = '';
  private stopActions: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopActions = this.store?.onAction((action) => this.act(action));
    this.addEventListener('keydown', this.key);
  }
  override disconnectedCallback(): void {
    this.stopActions?.();
    this.removeEventListener('keydown', this.key);
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const { store, s } = this;
    const { experiment } = s;
    if (!experiment)
      return html`<main class="cf-main">
        <h1 class="cf-hidden">Crossflow</h1>
        <p class="cf-waiting" role="status">
          <vscode-progress-ring aria-hidden="true"></vscode-progress-ring>Opening the experiment…
        </p>
      </main>`;
    const live = s.example !== undefined && !experiment.isDataset;
    return html`<main class="cf-main ${live ? 'cf-live' : ''}">
      <header class="cf-header">
        <cf-header .store=${store}></cf-header>
        ${live ? html`<cf-export .store=${store} @tell=${(e: CustomEvent<string>) => this.tell(e.detail)}></cf-export>` : nothing}
      </header>
      <p class="cf-hidden cf-spoken" role="status">${(this.heard = spokenStatus(s.status, this.heard))}</p>
      <div class="cf-notices">
        ${experiment.restricted ? html`<div class="cf-banner">${icon('info')}<span class="cf-grow">This workspace is not trusted: Crossflow shows the picture and the config and runs nothing. Trust the workspace to run it.</span></div>` : nothing}
        ${this.problems(experiment)}
        ${
          // A run of the example says so in the header.
          live && s.status.kind === 'busy'
            ? nothing
            : statusTemplate(s.status, {
                cancel: () => store.post({ type: 'cancel' }),
                run: () => store.post({ type: 'run' }),
                restart: () => store.post({ type: 'restart-engine' }),
                output: () => store.post({ type: 'show-output' }),
              })
        }
      </div>
      ${this.said ? this.toast() : nothing}
      ${live ? html`<cf-workspace .store=${store}></cf-workspace>` : html`<cf-early .store=${store}></cf-early>`}
    </main>`;
  }

  private problems(e: PanelExperiment): TemplateResult | typeof nothing {
    if (e.problems.length === 0) return nothing;
    return html`<div class="cf-banner cf-error">
      ${icon('error')}
      <div class="cf-grow">
        <p role="alert">${plural(e.problems.length, 'problem')} in the config:</p>
        <ul class="cf-plain">
          ${e.problems.map(
            (p) =>
              html`<li>
                ${p.line === undefined ? html`${p.message}` : html`<button type="button" class="cf-link" @click=${() => this.store.post({ type: 'reveal-line', line: p.line! })}>Line ${p.line}: ${p.message}</button>`}
                ${p.hint ? html`<span class="cf-hint">${p.hint}</span>` : nothing}
              </li>`,
          )}
        </ul>
      </div>
    </div>`;
  }

  private toast(): TemplateResult {
    return html`<div class="cf-said">
      <span class="cf-grow" role="alert">${this.said}</span>
      <vscode-button appearance="icon" aria-label="Close" @click=${() => this.tell('')}>${icon('close')}</vscode-button>
    </div>`;
  }
  private tell(words: string): void {
    this.said = words;
    this.requestUpdate();
  }

  private act(action: PanelAction): void {
    if (action === 'clear-patches' && activePatches(this.s).length > 0) this.store.setPatches([]);
    else if (action === 'export') this.querySelector<ExportMenu>('cf-export')?.toggle();
    else if (action === 'focus-image') void this.querySelector<Workspace>('cf-workspace')?.focusPicture();
  }

  /** The text is the truth, so undo and redo are steps of the text. */
  private readonly key = (e: KeyboardEvent): void => {
    if (!(e.ctrlKey || e.metaKey)) return;
    const key = e.key.toLowerCase();
    const way = key === 'z' ? (e.shiftKey ? 'redo' : 'undo') : key === 'y' && !e.shiftKey ? 'redo' : undefined;
    if (!way) return;
    // VS Code gets every key of a page too, and undoes the text itself; a field undoes what was typed into it.
    e.stopPropagation();
    if (e.composedPath().some((t) => t instanceof HTMLInputElement || t instanceof HTMLTextAreaElement)) return;
    e.preventDefault();
    this.store.post({ type: way });
  };
}
