/** Icons on a 16 × 16 grid in the current text colour. */
import { svg, html, type TemplateResult } from 'lit';

const PATHS = {
  play: 'M4 2.5v11l9-5.5z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  plus: 'M7.4 3h1.2v4.4H13v1.2H8.6V13H7.4V8.6H3V7.4h4.4z',
  minus: 'M3 7.4h10v1.2H3z',
  close: 'M8 7.1 11.6 3.5l.9.9L8.9 8l3.6 3.6-.9.9L8 8.9l-3.6 3.6-.9-.9L7.1 8 3.5 4.4l.9-.9z',
  fit: 'M2 2h4v1.2H3.2V6H2zM10 2h4v4h-1.2V3.2H10zM2 10h1.2v2.8H6V14H2zM12.8 10H14v4h-4v-1.2h2.8z',
  edit: 'M11.6 1.8 14.2 4.4 5.4 13.2 2 14l.8-3.4zM3.8 11.1l-.3 1.4 1.4-.3 7.6-7.7-1.1-1.1z',
  chevron: 'm3.3 5.6.8-.8L8 8.7l3.9-3.9.8.8L8 10.3z',
  check: 'M6.3 12.2 2.6 8.5l.9-.9 2.8 2.8 6.3-6.4.9.9z',
  cross: 'M8 7.1 11.6 3.5l.9.9L8.9 8l3.6 3.6-.9.9L8 8.9l-3.6 3.6-.9-.9L7.1 8 3.5 4.4l.9-.9z',
  error:
    'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 1.2a5.3 5.3 0 1 0 0 10.6A5.3 5.3 0 0 0 8 2.7zM7.4 4.5h1.2v4.4H7.4zm0 5.6h1.2v1.3H7.4z',
  info: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 1.2a5.3 5.3 0 1 0 0 10.6A5.3 5.3 0 0 0 8 2.7zM7.4 4.6h1.2v1.3H7.4zm0 2.5h1.2v4.4H7.4z',
  eye: 'M8 3.2c3.2 0 5.7 2 7 4.8-1.3 2.8-3.8 4.8-7 4.8S2.3 10.8 1 8c1.3-2.8 3.8-4.8 7-4.8zm0 1.2C5.5 4.4 3.5 5.8 2.3 8c1.2 2.2 3.2 3.6 5.7 3.6s4.5-1.4 5.7-3.6C12.5 5.8 10.5 4.4 8 4.4zm0 1.2a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8zm0 1.2a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4z',
} as const;
export type IconName = keyof typeof PATHS;

export const icon = (name: IconName, slot?: string): TemplateResult =>
  html`<svg
    class="cf-icon"
    viewBox="0 0 16 16"
    width="16"
    height="16"
    aria-hidden="true"
    focusable="false"
    slot=${slot ?? ''}
  >
    ${svg`<path fill="currentColor" d=${PATHS[name]}></path>`}
  </svg>`;
