/** `<cf-sash>`: the line between two parts, dragged or moved by arrow keys; a double click gives the size back. */
import { html, LitElement, type TemplateResult } from 'lit';

/** Pixels for one press of an arrow key. */
const STEP = 16;

export interface SashRange {
  readonly now: number;
  readonly least: number;
  readonly most: number;
}

/** Events: `drag` with a size while it is dragged, `size` with the one to keep, `reset`. */
export class Sash extends LitElement {
  static override properties = { label: {}, axis: {}, measure: { attribute: false } };
  /** What it sizes, for screen readers. */
  declare label: string;
  /** `y`: a line across, which changes a height. */
  declare axis: 'x' | 'y';
  /** The size in CSS pixels, and its limits. */
  declare measure: () => SashRange;
  private from: { readonly at: number; readonly range: SashRange } | undefined;
  private to: number | undefined;

  constructor() {
    super();
    this.label = '';
    this.axis = 'y';
    this.measure = () => ({ now: 0, least: 0, most: 0 });
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    return html`<div
      class="cf-sash cf-sash-${this.axis}"
      role="separator"
      tabindex="0"
      aria-orientation=${this.axis === 'y' ? 'horizontal' : 'vertical'}
      aria-label=${this.label}
      title="Drag to resize; double-click for the default size"
      @pointerdown=${this.down}
      @pointermove=${this.move}
      @pointerup=${this.up}
      @pointercancel=${this.up}
      @keydown=${this.key}
      @focus=${this.tell}
      @dblclick=${this.reset}
    ></div>`;
  }

  override firstUpdated(): void {
    // A separator that can be moved must have a value from the start; the parts it measures come in the same frame.
    requestAnimationFrame(() => this.tell());
  }

  private get line(): HTMLElement | null {
    return this.querySelector('.cf-sash');
  }
  /** The value for screen readers, when someone comes here or has moved it. */
  private tell(): void {
    const { now, least, most } = this.measure();
    this.line?.setAttribute('aria-valuenow', String(Math.round(now)));
    this.line?.setAttribute('aria-valuemin', String(Math.round(least)));
    this.line?.setAttribute('aria-valuemax', String(Math.round(most)));
  }

  private down(e: PointerEvent): void {
    if (e.button !== 0) return;
    this.line?.setPointerCapture(e.pointerId);
    this.from = { at: this.along(e), range: this.measure() };
    this.to = undefined;
  }
  private move(e: PointerEvent): void {
    if (!this.from) return;
    const { at, range } = this.from;
    this.to = inside(range.now + this.along(e) - at, range);
    this.dispatchEvent(new CustomEvent('drag-size', { detail: this.to }));
  }
  private up(): void {
    this.from = undefined;
    if (this.to !== undefined) this.keep(this.to);
    this.to = undefined;
  }

  private key(e: KeyboardEvent): void {
    const range = this.measure();
    const [less, more] = this.axis === 'y' ? ['ArrowUp', 'ArrowDown'] : ['ArrowLeft', 'ArrowRight'];
    if (e.key === less) this.keep(inside(range.now - STEP, range));
    else if (e.key === more) this.keep(inside(range.now + STEP, range));
    else if (e.key === 'Home') this.keep(range.least);
    else if (e.key === 'End') this.keep(range.most);
    else if (e.key === 'Enter') this.reset();
    else return;
    e.preventDefault();
  }

  private keep(size: number): void {
    this.dispatchEvent(new CustomEvent('size', { detail: size }));
    requestAnimationFrame(() => this.tell());
  }
  private reset(): void {
    this.dispatchEvent(new CustomEvent('reset'));
    requestAnimationFrame(() => this.tell());
  }
  private along(e: PointerEvent): number {
    return this.axis === 'y' ? e.clientY : e.clientX;
  }
}

const inside = (v: number, { least, most }: SashRange): number => Math.max(least, Math.min(most, v));
