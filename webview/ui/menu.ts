/** `<cf-menu>`: a button that opens a menu; arrow keys, Escape, and it closes when the focus leaves. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { icon } from './icons';

export interface MenuItem {
  readonly label: string;
  readonly disabled?: boolean;
  readonly act: () => void;
}
export interface MenuGroup {
  readonly title: string;
  readonly items: readonly MenuItem[];
}

export class Menu extends LitElement {
  static override properties = { groups: { attribute: false }, label: {}, open: { state: true } };
  declare groups: readonly MenuGroup[];
  declare label: string;
  declare open: boolean;

  constructor() {
    super();
    this.groups = [];
    this.label = '';
    this.open = false;
    this.addEventListener('focusout', (e) => {
      if (!(e.relatedTarget instanceof Node && this.contains(e.relatedTarget))) this.open = false;
    });
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    return html`<button
        type="button"
        class="cf-menu-button"
        aria-haspopup="menu"
        aria-expanded=${this.open ? 'true' : 'false'}
        @click=${() => this.toggle()}
        @keydown=${(e: KeyboardEvent) => {
          if (e.key !== 'ArrowDown' || this.open) return;
          e.preventDefault();
          this.toggle();
        }}
      >
        ${this.label}${icon('chevron')}
      </button>
      ${
        this.open
          ? html`<div class="cf-menu" role="menu" aria-label=${this.label} @keydown=${this.key}>
              ${this.groups.map(
                (g) =>
                  html`<div role="group" aria-label=${g.title}>
                    <span class="cf-menu-title" aria-hidden="true">${g.title}</span>
                    ${g.items.map(
                      (item) =>
                        html`<button
                          type="button"
                          role="menuitem"
                          tabindex="-1"
                          aria-disabled=${item.disabled ? 'true' : nothing}
                          @click=${() => this.pick(item)}
                        >
                          ${item.label}
                        </button>`,
                    )}
                  </div>`,
              )}
            </div>`
          : nothing
      }`;
  }

  toggle(): void {
    this.open = !this.open;
    if (this.open) void this.updateComplete.then(() => this.items[0]?.focus());
  }

  private get items(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[role=menuitem]')];
  }

  private pick(item: MenuItem): void {
    if (item.disabled) return;
    this.close();
    item.act();
  }
  private close(): void {
    this.open = false;
    this.querySelector<HTMLElement>('.cf-menu-button')?.focus();
  }

  private key(e: KeyboardEvent): void {
    const { items } = this;
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (e.key === 'ArrowDown') items[(at + 1) % items.length].focus();
    else if (e.key === 'ArrowUp') items[(at - 1 + items.length) % items.length].focus();
    else if (e.key === 'Home') items[0].focus();
    else if (e.key === 'End') items[items.length - 1].focus();
    else if (e.key === 'Escape') this.close();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }
}
