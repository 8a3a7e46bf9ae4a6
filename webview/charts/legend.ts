/** A curve's line and marker as in the chart; colours by class, so no inline style. */
import { svg, html, type TemplateResult } from 'lit';
import { dashOf, markerOf, seriesClass } from '../ui/theme';

export function swatch(i: number): TemplateResult {
  return html`<svg class="cf-swatch ${seriesClass(i)}" viewBox="0 0 28 12" width="28" height="12" aria-hidden="true">
    ${svg`<line x1="1" y1="6" x2="27" y2="6" stroke-width="2" stroke-dasharray=${dashOf(i).join(' ') || 'none'}></line>${mark(i)}`}
  </svg>`;
}

function mark(i: number): TemplateResult<2> {
  switch (markerOf(i)) {
    case 'rect':
      return svg`<rect x="10.5" y="2.5" width="7" height="7"></rect>`;
    case 'rectRounded':
      return svg`<rect x="10.5" y="2.5" width="7" height="7" rx="2"></rect>`;
    case 'triangle':
      return svg`<path d="M14 1.8 18 9.4H10z"></path>`;
    case 'rectRot':
      return svg`<path d="M14 1.5 18.5 6 14 10.5 9.5 6z"></path>`;
    case 'crossRot':
      return svg`<path fill="none" stroke-width="1.5" d="m10.5 2.5 7 7m0-7-7 7"></path>`;
    case 'cross':
      return svg`<path fill="none" stroke-width="1.5" d="M14 2v8m-4-4h8"></path>`;
    case 'star':
      return svg`<path fill="none" stroke-width="1.5" d="M14 1.5v9m-4-4.5h8m-7-3.2 6 6.4m0-6.4-6 6.4"></path>`;
    default:
      return svg`<circle cx="14" cy="6" r="3.5"></circle>`;
  }
}
