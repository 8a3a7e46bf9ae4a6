/** A slider whose track is the theme's: the browser's own is white in dark themes. */
import { html, nothing, type TemplateResult } from 'lit';

export interface RangeOptions {
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly step?: number;
  readonly label?: string;
  /** The value as people say it. */
  readonly spoken: string;
  readonly title?: string;
  readonly disabled?: boolean;
  readonly short?: boolean;
  input(value: number): void;
}

export function range(o: RangeOptions): TemplateResult {
  const at = o.most > o.least ? (100 * (o.value - o.least)) / (o.most - o.least) : 0;
  return html`<input
    type="range"
    class="cf-range ${o.short ? 'cf-short' : ''}"
    min=${o.least}
    max=${o.most}
    step=${o.step ?? 1}
    .value=${String(o.value)}
    .style=${`--cf-at: ${at.toFixed(1)}%`}
    ?disabled=${o.disabled ?? false}
    aria-label=${o.label ?? nothing}
    aria-valuetext=${o.spoken}
    title=${o.title ?? nothing}
    @input=${(e: Event) => o.input(Number((e.target as HTMLInputElement).value))}
  />`;
}
