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

/** An open list grows to this height, in CSS pixels, and then scrolls. */
const LIST_HEIGHT = 240;
const MARGIN = 4;

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

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('scroll', this.scrolled, true);
  }
  override disconnectedCallback(): void {
    window.removeEventListener('scroll', this.scrolled, true);
    super.disconnectedCallback();
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
      @pointerdown=${this.place}
      @focus=${this.place}
      @keydown=${this.place}
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

  /**
   * Where the list opens. It is fixed to the window (base.css): in its place in the page, the part that scrolls would cut
   * it off.
   */
  private place(): void {
    const { left, top, bottom, width } = this.getBoundingClientRect();
    const below = window.innerHeight - bottom;
    const up = below < LIST_HEIGHT && top > below;
    const { style } = this;
    style.setProperty('--cf-list-left', `${left}px`);
    style.setProperty('--cf-list-width', `${width}px`);
    style.setProperty('--cf-list-top', up ? 'auto' : `${bottom}px`);
    style.setProperty('--cf-list-bottom', up ? `${window.innerHeight - top}px` : 'auto');
    style.setProperty('--cf-list-height', `${Math.min(LIST_HEIGHT, (up ? top : below) - MARGIN)}px`);
  }

  /** What scrolls under an open list takes it along. */
  private readonly scrolled = (): void => {
    if (this.querySelector('vscode-dropdown')?.hasAttribute('open')) this.place();
  };

  private picked(event: Event): void {
    event.stopPropagation();
    const { value } = event.target as Dropdown;
    if (value === this.value) return;
    this.dispatchEvent(new CustomEvent('pick', { detail: value }));
  }
}
