/** `<cf-layers>`: which layer is shown, with play. */
import { html, type TemplateResult } from 'lit';
import { layersOf } from '../model/state';
import { icon } from '../ui/icons';
import { PanelElement } from '../ui/element';
import { range } from '../ui/range';

/** Time per layer while playing: slow enough to see, fast enough to feel the flow. */
const STEP_MS = 350;

export class LayerBar extends PanelElement {
  private timer: ReturnType<typeof setInterval> | undefined;
  private stopActions: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopActions = this.store?.onAction((action) => {
      if (action === 'toggle-play') this.toggle();
      else if (action === 'next-layer') this.store.view({ layer: this.s.layer + 1 });
      else if (action === 'previous-layer') this.store.view({ layer: this.s.layer - 1 });
    });
  }
  override disconnectedCallback(): void {
    this.stopActions?.();
    clearInterval(this.timer);
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const { s } = this;
    const last = Math.max(0, layersOf(s) - 1);
    const off = layersOf(s) < 2;
    return html`<div class="cf-layer-bar" role="group" aria-label="Layer">
      <vscode-button
        appearance="icon"
        aria-label=${s.playing ? 'Pause' : 'Play the layers'}
        title=${s.playing ? 'Pause' : 'Play the layers'}
        ?disabled=${off}
        @click=${this.toggle}
        >${icon(s.playing ? 'pause' : 'play')}</vscode-button
      >
      ${range({
        value: s.layer,
        least: 0,
        most: last,
        disabled: off,
        label: 'Layer',
        spoken: `layer ${s.layer} of 0 to ${last}`,
        input: (layer) => this.store.view({ layer, playing: false }),
      })}
      <output class="cf-layer-number">layer <b>${s.layer}</b> of 0–${last}</output>
    </div>`;
  }

  override updated(): void {
    if (this.s.playing && this.timer === undefined) {
      this.timer = setInterval(
        () => this.store.view({ layer: (this.s.layer + 1) % Math.max(1, layersOf(this.s)) }),
        STEP_MS,
      );
    } else if (!this.s.playing && this.timer !== undefined) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  private readonly toggle = (): void => {
    if (layersOf(this.s) > 1) this.store.view({ playing: !this.s.playing });
  };
}
