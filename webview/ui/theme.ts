/** The editor's colours, read from its CSS variables, and word when the theme changes. */
import { dashOf, SERIES_ON_WHITE } from '../../src/protocol/panel';

export { dashOf };

/** Curve colours and markers; each differs in more than colour. The colours stand in base.css. */
export const SERIES = 8;
const MARKERS = ['circle', 'rect', 'triangle', 'rectRot', 'crossRot', 'star', 'rectRounded', 'cross'] as const;

/** Colours come again after the eighth, with other dashes and markers. */
const round = (i: number): number => Math.floor(i / SERIES);
export const markerOf = (i: number): (typeof MARKERS)[number] => MARKERS[(i + 3 * round(i)) % MARKERS.length];
export const seriesClass = (i: number): string => `cf-series-${i % SERIES}`;

/** The curves' colours on white: of what is saved as a picture. */
export const PRINTED: readonly string[] = SERIES_ON_WHITE;

export interface Theme {
  readonly series: readonly string[];
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly background: string;
  readonly focus: string;
  readonly selected: string;
  readonly highContrast: boolean;
  readonly font: string;
  readonly fontSize: number;
}

let current: Theme | undefined;
const listeners = new Set<() => void>();

export function theme(): Theme {
  return (current ??= read());
}

export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function read(): Theme {
  const style = getComputedStyle(document.body);
  const get = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
  return {
    series: Array.from({ length: SERIES }, (_, i) => get(`--cf-series-${i}`, '#0072b2')),
    text: get('--vscode-foreground', '#888888'),
    faint: get('--cf-faint', '#888888'),
    line: get('--cf-chart-line', '#88888844'),
    background: get('--vscode-editor-background', '#ffffff'),
    focus: get('--vscode-focusBorder', '#0090f1'),
    selected: get('--cf-selected', '#ffd43b'),
    highContrast: document.body.className.includes('high-contrast'),
    font: get('--vscode-font-family', 'sans-serif'),
    fontSize: parseFloat(get('--vscode-font-size', '13px')) || 13,
  };
}

/** VS Code changes the body's class and the root's variables when the theme changes. */
export function watchTheme(): void {
  const seen = new MutationObserver(() => {
    current = undefined;
    listeners.forEach((tell) => tell());
  });
  seen.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  seen.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
}
