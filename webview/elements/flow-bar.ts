/** `<cf-flow-bar>`: which edges the token flow shows. */
import { html, nothing, type TemplateResult } from 'lit';
import { FAINTEST_FEW, type FlowScope, type ImageColumns } from '../flow/edges';
import { isOpen } from '../model/layout';
import type { PanelState } from '../model/state';
import { percent } from '../model/words';
import { PanelElement } from '../ui/element';
import { icon } from '../ui/icons';
import { range } from '../ui/range';
import type { Choice } from '../ui/select';

const SCOPES: readonly (Choice & { readonly value: FlowScope })[] = [
  { value: 'paths', label: 'Paths to the token' },
  { value: 'into', label: 'Read by the token' },
  { value: 'from', label: 'Read from the token' },
  { value: 'all', label: 'All tokens' },
];
const IMAGES: readonly (Choice & { readonly value: ImageColumns })[] = [
  { value: 'sum', label: 'Summed' },
  { value: 'mean', label: 'Mean per patch' },
  { value: 'each', label: 'Each patch' },
  { value: 'none', label: 'Left out' },
];

export class FlowBar extends PanelElement {
  override render(): TemplateResult {
    const { flow, layout } = this.s;
    const open = isOpen(layout, 'flow', false);
    return html`<div class="cf-bar">
        <label class="cf-field"
          ><span aria-hidden="true">Edges</span>
          <cf-select
            class="cf-wide"
            label="Edges"
            hint="The chosen token is the one marked among the tokens"
            .choices=${SCOPES}
            .value=${flow.scope}
            @pick=${(e: CustomEvent<FlowScope>) => this.set({ scope: e.detail })}
          ></cf-select
        ></label>
        <label class="cf-field"
          ><span aria-hidden="true">Image</span>
          <cf-select
            label="Image patches in the flow"
            .choices=${IMAGES}
            .value=${flow.image}
            @pick=${(e: CustomEvent<ImageColumns>) => this.set({ image: e.detail })}
          ></cf-select
        ></label>
        <button
          type="button"
          class="cf-more"
          aria-expanded=${open ? 'true' : 'false'}
          aria-controls="cf-flow-settings"
          @click=${() => this.store.open('flow', !open)}
        >
          Settings${icon('chevron')}
        </button>
      </div>
      <div class="cf-bar cf-wrap" id="cf-flow-settings" ?hidden=${!open}>
        <label class="cf-field"
          ><span>Threshold</span>
          ${range({
            value: sliderOf(flow.threshold),
            least: 0,
            most: 100,
            short: true,
            spoken: percent(flow.threshold),
            input: (slider) => this.set({ threshold: thresholdOf(slider) }),
          })}
          <output class="cf-number">${percent(flow.threshold)}</output></label
        >
        <vscode-checkbox
          title="The tokens before the image: the system prompt"
          ?checked=${flow.system === true}
          @change=${(e: Event) => this.set({ system: checked(e) })}
          >System prompt</vscode-checkbox
        >
        ${
          flow.system === true
            ? html`<vscode-checkbox
                title="The first token takes most of the attention in many models"
                ?checked=${flow.first}
                @change=${(e: Event) => this.set({ first: checked(e) })}
                >First token</vscode-checkbox
              >`
            : nothing
        }
        <vscode-checkbox
          title="What a token reads from itself"
          ?checked=${flow.self}
          @change=${(e: Event) => this.set({ self: checked(e) })}
          >Self</vscode-checkbox
        >
      </div>`;
  }

  private set(change: Partial<PanelState['flow']>): void {
    this.store.view({ flow: { ...this.s.flow, ...change } });
  }
}

const checked = (e: Event): boolean => (e.target as HTMLInputElement).checked;
/** The slider is logarithmic: small weights need the finer steps. */
const thresholdOf = (slider: number): number => FAINTEST_FEW ** (1 - slider / 100);
const sliderOf = (threshold: number): number => Math.round((1 - Math.log(threshold) / Math.log(FAINTEST_FEW)) * 100);
