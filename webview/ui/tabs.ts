/** `<cf-tabs>`: a row of tabs; arrow keys move and choose. The panels are the page's, by id. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';

export interface Tab {
  readonly name: string;
  readonly title: string;
  /** Said after the title, fainter. */
  readonly note?: string;
}

export const tabId = (name: string): string => `cf-tab-${name}`;
export const tabPanelId = (name: string): string => `cf-view-${name}`;

/** Event: `pick` with a name. */
export class Tabs extends LitElement {
  static override properties = { tabs: { attribute: false }, value: {}, label: {} };
  declare tabs: readonly Tab[];
  declare value: string;
  declare label: string;

  constructor() {
    super();
    this.tabs = [];
    this.value = '';
    this.label = '';
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    return html`<div class="cf-tabs" role="tablist" aria-label=${this.label} @keydown=${this.key}>
      ${this.tabs.map(({ name, title, note }) => {
        const here = name === this.value;
        return html`<button
          type="button"
          role="tab"
          class="cf-tab"
          id=${tabId(name)}
          aria-selected=${here ? 'true' : 'false'}
          aria-controls=${tabPanelId(name)}
          tabindex=${here ? '0' : '-1'}
          @click=${() => this.pick(name)}
        >
          ${title}${note ? html` <span class="cf-tab-note">${note}</span>` : nothing}
        </button>`;
      })}
    </div>`;
  }

  private pick(name: string): void {
    this.dispatchEvent(new CustomEvent('pick', { detail: name }));
  }

  private key(e: KeyboardEvent): void {
    const at = this.tabs.findIndex(({ name }) => name === this.value);
    const last = this.tabs.length - 1;
    const to =
      e.key === 'ArrowRight'
        ? at === last
          ? 0
          : at + 1
        : e.key === 'ArrowLeft'
          ? at <= 0
            ? last
            : at - 1
          : e.key === 'Home'
            ? 0
            : e.key === 'End'
              ? last
              : undefined;
    if (to === undefined) return;
    e.preventDefault();
    const { name } = this.tabs[to];
    this.pick(name);
    this.querySelector<HTMLElement>(`#${tabId(name)}`)?.focus();
  }
}
