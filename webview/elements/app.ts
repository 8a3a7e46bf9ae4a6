/** `<crossflow-panel>`: lays the parts out and shows what state the whole is in. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ExportRequest, PanelAction, PanelExperiment } from '../../src/protocol/panel';
import { activePatches, canEdit } from '../model/state';
import { plural } from '../model/words';
import { groupsOf } from '../tokens/groups';
import { PanelElement } from '../ui/element';
import { icon } from '../ui/icons';
import type { Menu, MenuGroup } from '../ui/menu';
import { spokenStatus, statusTemplate } from '../ui/status';
import type { FlowView } from './flow-view';
import type { ImageView } from './image-view';
import type { LensView } from './lens-view';

export class App extends PanelElement {
  private said = '';
  /** What a screen reader was last told of the status. */
  private heard = '';
  /** URI of a picture that the page could not read. */
  private unshowable: string | undefined;
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
    return html`<main class="cf-main">
      <header class="cf-header">
        <cf-header .store=${store}></cf-header>
        ${s.example && !experiment.isDataset ? html`<cf-menu class="cf-export" label="Export" .groups=${this.exports()}></cf-menu>` : nothing}
      </header>
      <p class="cf-hidden cf-spoken" role="status">${(this.heard = spokenStatus(s.status, this.heard))}</p>
      <div class="cf-notices">
        ${experiment.restricted ? html`<div class="cf-banner">${icon('info')}<span class="cf-grow">This workspace is not trusted: Crossflow shows the picture and the config and runs nothing. Trust the workspace to run it.</span></div>` : nothing}
        ${this.problems(experiment)}
        ${statusTemplate(s.status, {
          cancel: () => store.post({ type: 'cancel' }),
          run: () => store.post({ type: 'run' }),
          restart: () => store.post({ type: 'restart-engine' }),
          output: () => store.post({ type: 'show-output' }),
        })}
        ${this.said ? html`<p class="cf-note" role="alert">${this.said}</p>` : nothing}
      </div>
      ${experiment.isDataset ? this.datasetPage(experiment) : s.example ? this.example() : this.empty(experiment)}
    </main>`;
  }

  private example(): TemplateResult {
    const { store, s } = this;
    return html`<div class="cf-columns">
        <section class="cf-column" aria-label="Picture">
          ${this.setChooser()}
          ${(s.example?.notes ?? []).map((note) => html`<div class="cf-banner" role="note">${icon('info')}<span class="cf-grow">${note}.</span></div>`)}
          <cf-image .store=${store}></cf-image>
          <cf-overlay .store=${store}></cf-overlay>
          <cf-layers .store=${store}></cf-layers>
        </section>
        <div class="cf-column">
          <section aria-labelledby="cf-title-knockouts">
            <h2 id="cf-title-knockouts">Knockouts</h2>
            <cf-curves .store=${store}></cf-curves>
          </section>
          <section aria-labelledby="cf-title-lens">
            <h2 id="cf-title-lens">Logit lens</h2>
            <cf-lens .store=${store}></cf-lens>
          </section>
        </div>
        <section class="cf-strip" aria-labelledby="cf-title-tokens">
          <div class="cf-title-line">
            <h2 id="cf-title-tokens">Tokens</h2>
            <ul class="cf-groups" aria-label="Colours of the tokens">
              ${s.example ? groupsOf(s.example).map(([group, name]) => html`<li><span class="cf-dot cf-group-${group}" aria-hidden="true"></span>${name}</li>`) : nothing}
            </ul>
          </div>
          <cf-tokens .store=${store}></cf-tokens>
        </section>
      </div>
      <section aria-labelledby="cf-title-flow">
        <h2 id="cf-title-flow">Token flow</h2>
        <cf-flow .store=${store}></cf-flow>
      </section>`;
  }

  private setChooser(): TemplateResult {
    const experiment = this.s.experiment!;
    const names = Object.entries(experiment.sets)
      .filter(([, d]) => d.kind === 'patches')
      .map(([name]) => name);
    if (!names.includes(experiment.activeSet)) names.push(experiment.activeSet);
    return html`<div class="cf-title-line">
      <h2>Picture</h2>
      <span class="cf-grow"></span>
      <label class="cf-field"
        ><span aria-hidden="true">Clicks edit</span
        ><cf-select
          label="Set that clicks edit"
          .choices=${names.map((name) => ({ value: name, label: name in experiment.sets ? name : `${name} (new)` }))}
          .value=${experiment.activeSet}
          ?disabled=${experiment.restricted}
          @pick=${(e: CustomEvent<string>) => this.store.post({ type: 'choose-set', set: e.detail })}
        ></cf-select
      ></label>
      <vscode-button
        appearance="icon"
        aria-label="New patch set"
        title="New patch set…"
        ?disabled=${!canEdit(this.s)}
        @click=${() => this.store.post({ type: 'new-set' })}
        >${icon('plus')}</vscode-button
      >
    </div>`;
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

  private datasetPage(e: PanelExperiment): TemplateResult {
    const busy = this.s.status.kind === 'busy';
    return html`<section class="cf-page">
      <h2>A data set experiment</h2>
      <p>
        This config asks every question of a data set and blocks ${plural(e.knockouts.length, 'edge')} around each
        layer. The run writes tables and figures, can be stopped, and continues where it stopped.
      </p>
      <p>The results open in a table of questions; a click on one opens it here as a live example.</p>
      ${
        e.knockouts.length === 0
          ? nothing
          : html`<ul class="cf-plain">
              ${e.knockouts.map((k) => html`<li>${k.kind === 'edge' ? `${k.from} → ${k.to}` : `${k.kind}: ${k.of}`}</li>`)}
            </ul>`
      }
      ${this.s.plan ? html`<cf-plan class="cf-plan" .store=${this.store}></cf-plan>` : nothing}
      <vscode-button
        ?disabled=${e.restricted || busy || e.problems.length > 0}
        @click=${() => this.store.post({ type: 'run' })}
        >Run the data set</vscode-button
      >
    </section>`;
  }

  private empty(e: PanelExperiment): TemplateResult {
    const { status } = this.s;
    const words =
      e.problems.length > 0
        ? 'Patches and curves appear when the config is right.'
        : e.restricted
          ? 'Patches, curves and attention need the engine, which does not run here.'
          : status.kind === 'busy'
            ? 'Patches and curves appear when the model is ready.'
            : this.s.plan
              ? ''
              : 'Nothing has run yet.';
    return html`<section class="cf-page">
      ${this.plainPicture(e)}
      ${words ? html`<p class="cf-note">${words}</p>` : html`<cf-plan class="cf-plan" .store=${this.store}></cf-plan>`}
      ${e.restricted || status.kind !== 'idle' || e.problems.length > 0 ? nothing : html`<vscode-button @click=${() => this.store.post({ type: 'run' })}>Run</vscode-button>`}
    </section>`;
  }

  /** Before anything has run: the file, as it is stored. */
  private plainPicture({ image }: PanelExperiment): TemplateResult | typeof nothing {
    if (image === undefined) return nothing;
    if (image === this.unshowable)
      return html`<p class="cf-note">
        The picture is shown once the experiment has run: this page cannot read its file.
      </p>`;
    return html`<img
      class="cf-plain-picture"
      crossorigin="anonymous"
      src=${image}
      alt="The experiment's picture"
      @error=${() => {
        this.unshowable = image;
        this.requestUpdate();
      }}
    />`;
  }

  private exports(): MenuGroup[] {
    const { s } = this;
    const figures = (what: 'knockouts' | 'lens', ready: boolean): MenuGroup['items'] =>
      (['svg', 'png', 'pdf', 'csv'] as const).map((format) => ({
        label: format === 'csv' ? 'Table (CSV)' : `Figure (${format.toUpperCase()})`,
        disabled: !ready,
        // A figure as it is on the screen.
        act: () =>
          void this.save(() => {
            if (what === 'knockouts') return { what, format };
            return { what, format, norm: this.querySelector<LensView>('cf-lens')?.norm ?? 'withNorm' };
          }),
      }));
    return [
      { title: 'Knockout curves', items: figures('knockouts', s.curves.length > 0) },
      { title: 'Logit lens', items: figures('lens', s.lens !== undefined) },
      {
        title: 'Pictures',
        items: [
          {
            label: 'Picture with overlay (PNG)',
            act: () =>
              void this.save(() => ({
                what: 'image',
                format: 'png',
                data: this.querySelector<ImageView>('cf-image')!.png(),
              })),
          },
          {
            label: 'Token flow (SVG)',
            disabled: this.store.flow.value(0) === undefined,
            act: () =>
              void this.save(() => {
                const data = this.querySelector<FlowView>('cf-flow')?.svg();
                if (data === undefined) throw new Error('the token flow is not there yet');
                return { what: 'flow', format: 'svg', data };
              }),
          },
        ],
      },
      {
        title: 'Everything',
        items: [
          { label: 'Result (JSON)', disabled: !s.clean, act: () => void this.save({ what: 'result', format: 'json' }) },
        ],
      },
    ];
  }

  private async save(request: ExportRequest | (() => ExportRequest)): Promise<void> {
    try {
      const path = await this.store.request('export', typeof request === 'function' ? request() : request);
      this.tell(path === undefined ? '' : `Saved ${path}`);
    } catch (e) {
      this.report(e);
      this.tell(`Not saved: ${e instanceof Error ? e.message : String(e)}`);
    }
  }
  private tell(words: string): void {
    this.said = words;
    this.requestUpdate();
  }

  private act(action: PanelAction): void {
    if (action === 'clear-patches' && activePatches(this.s).length > 0) this.store.setPatches([]);
    else if (action === 'export') this.querySelector<Menu>('.cf-export')?.toggle();
    else if (action === 'focus-image') this.querySelector<ImageView>('cf-image')?.focusPicture();
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
