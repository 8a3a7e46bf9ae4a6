/** `<cf-select>`: the editor's dropdown with a list of choices and a value, in that order whatever comes first. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

export interface Choice {
  readonly value: string;
  readonly label: string;
}
interface Dropdown extends HTMLElement {
  value: string;
}

export class Select extends LitElement {
  static override properties = {
    choices: { attribute: false },
    value: { attribute: false },
    label: {},
    disabled: { type: Boolean },
    hint: {},
  };
  declare choices: readonly Choice[];
  declare value: string;
  declare label: string;
  declare hint: string | undefined;
  declare disabled: boolean;

  constructor() {
    super();
    this.choices = [];
    this.value = '';
    this.label = '';
    this.disabled = false;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    return html`<vscode-dropdown
      aria-label=${this.label}
      title=${this.hint ?? nothing}
      ?disabled=${this.disabled}
      @change=${this.picked}
      >${repeat(
        this.choices,
        // With the label: the control copies the text of its choice once and would go on showing an old one.
        (c) => `${c.value}\n${c.label}`,
        (c) => html`<vscode-option value=${c.value}>${c.label}</vscode-option>`,
      )}</vscode-dropdown
    >`;
  }

  /** The options must be there before one of them can be the value. */
  override updated(changed: PropertyValues): void {
    if (!changed.has('value') && !changed.has('choices')) return;
    requestAnimationFrame(() => {
      const dropdown = this.querySelector<Dropdown>('vscode-dropdown');
      if (dropdown && dropdown.value !== this.value) dropdown.value = this.value;
    });
  }

  private picked(event: Event): void {
    event.stopPropagation();
    const { value } = event.target as Dropdown;
    if (value === this.value) return;
    this.dispatchEvent(new CustomEvent('pick', { detail: value }));
  }
}
