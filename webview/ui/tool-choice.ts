/** `<cf-tool>`: a few tools of which one is in the hand, as icons or words; arrow keys choose, as among radio buttons. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { icon, type IconName } from './icons';

export interface Tool {
  readonly value: string;
  readonly label: string;
  /** In place of the label. */
  readonly icon?: IconName;
  /** What it does, with its keys. */
  readonly hint: string;
}

/** Event: `pick` with a value. */
export class ToolChoice extends LitElement {
  static override properties = { tools: { attribute: false }, value: {}, label: {} };
  declare tools: readonly Tool[];
  declare value: string;
  declare label: string;

  constructor() {
    super();
    this.tools = [];
    this.value = '';
    this.label = '';
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    return html`<div class="cf-tools" role="radiogroup" aria-label=${this.label} @keydown=${this.key}>
      ${this.tools.map(({ value, label, icon: name, hint }) => {
        const here = value === this.value;
        return html`<button
          type="button"
          role="radio"
          class="cf-tool"
          aria-checked=${here ? 'true' : 'false'}
          aria-label=${name ? label : nothing}
          title=${hint}
          tabindex=${here ? '0' : '-1'}
          @click=${() => this.pick(value)}
        >
          ${name ? icon(name) : label}
        </button>`;
      })}
    </div>`;
  }

  private pick(value: string): void {
    if (value !== this.value) this.dispatchEvent(new CustomEvent('pick', { detail: value }));
  }

  private key(e: KeyboardEvent): void {
    const by =
      e.key === 'ArrowRight' || e.key === 'ArrowDown' ? 1 : e.key === 'ArrowLeft' || e.key === 'ArrowUp' ? -1 : 0;
    if (by === 0) return;
    e.preventDefault();
    const { length } = this.tools;
    const at = (this.tools.findIndex(({ value }) => value === this.value) + by + length) % length;
    this.pick(this.tools[at].value);
    this.querySelectorAll<HTMLElement>('.cf-tool')[at]?.focus();
  }
}
