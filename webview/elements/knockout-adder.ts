/** `<cf-adder>`: blocks one set's tokens from another's. */
import { html, nothing, type TemplateResult } from 'lit';
import { knockoutId, type Knockout } from '../../src/protocol/panel';
import { canEdit } from '../model/state';
import { PanelElement } from '../ui/element';

export class KnockoutAdder extends PanelElement {
  private from = 'Image';
  private to = 'Last';

  override render(): TemplateResult | typeof nothing {
    const { s } = this;
    if (!canEdit(s) || !s.experiment) return nothing;
    const names = [
      ...new Set([
        ...Object.keys(s.example?.sets ?? {}),
        ...Object.keys(s.experiment.sets),
        'Image',
        'Question',
        'Last',
      ]),
    ];
    const choices = names.map((name) => ({ value: name, label: name }));
    const knockout: Knockout = { kind: 'edge', from: this.from, to: this.to, window: s.experiment.window };
    const there = s.experiment.knockouts.some((k) => knockoutId(k) === knockoutId(knockout));
    return html`<div class="cf-bar" role="group" aria-label="New knockout">
      <label class="cf-field"
        ><span aria-hidden="true">Block</span
        ><cf-select
          label="Source"
          .choices=${choices}
          .value=${this.from}
          @pick=${(e: CustomEvent<string>) => this.choose('from', e.detail)}
        ></cf-select
      ></label>
      <label class="cf-field"
        ><span aria-hidden="true">→</span
        ><cf-select
          label="Target"
          .choices=${choices}
          .value=${this.to}
          @pick=${(e: CustomEvent<string>) => this.choose('to', e.detail)}
        ></cf-select
      ></label>
      <vscode-button
        class="cf-small"
        ?disabled=${there}
        title=${there ? 'This knockout is there already' : 'Add it to the config'}
        @click=${() => this.store.addKnockout(knockout)}
        >Add</vscode-button
      >
    </div>`;
  }

  private choose(end: 'from' | 'to', name: string): void {
    this[end] = name;
    this.requestUpdate();
  }
}
