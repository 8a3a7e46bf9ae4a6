/** Base of the panel's elements: light DOM (one style sheet for all), drawn again when the store changes. */
import { LitElement } from 'lit';
import type { PanelStore } from '../store';
import type { PanelState } from '../model/state';

export abstract class PanelElement extends LitElement {
  static override properties = { store: { attribute: false }, asleep: { attribute: false } };
  declare store: PanelStore;
  /** Not in sight: nothing is drawn, asked for or computed until it is. */
  declare asleep: boolean | undefined;
  private stop: (() => void) | undefined;

  get s(): PanelState {
    return this.store.state;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stop = this.store?.subscribe(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    this.stop?.();
    super.disconnectedCallback();
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override shouldUpdate(): boolean {
    return this.asleep !== true;
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('store') || !this.stop) {
      this.stop?.();
      this.stop = this.store?.subscribe(() => this.requestUpdate());
    }
  }

  /** Something went wrong inside the panel: the host writes it to the output channel. */
  protected report(e: unknown): void {
    this.store.post({ type: 'panel-error', message: e instanceof Error ? (e.stack ?? e.message) : String(e) });
  }
}
