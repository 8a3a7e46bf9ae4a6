/** `<cf-early>`: what stands in the panel while there is no example: a data set, or a question that has not run. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PanelExperiment } from '../../src/protocol/panel';
import { plural } from '../model/words';
import { PanelElement } from '../ui/element';

export class EarlyPage extends PanelElement {
  /** URI of a picture that the page could not read. */
  private unshowable: string | undefined;

  override render(): TemplateResult | typeof nothing {
    const { experiment } = this.s;
    if (!experiment) return nothing;
    return experiment.isDataset ? this.dataSet(experiment) : this.question(experiment);
  }

  private dataSet(e: PanelExperiment): TemplateResult {
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

  private question(e: PanelExperiment): TemplateResult {
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
      ${this.picture(e)}
      ${words ? html`<p class="cf-note">${words}</p>` : html`<cf-plan class="cf-plan" .store=${this.store}></cf-plan>`}
      ${e.restricted || status.kind !== 'idle' || e.problems.length > 0 ? nothing : html`<vscode-button @click=${() => this.store.post({ type: 'run' })}>Run</vscode-button>`}
    </section>`;
  }

  /** The file, as it is stored. */
  private picture({ image }: PanelExperiment): TemplateResult | typeof nothing {
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
}
