/** Icons on a 16 × 16 grid in the current text colour. */
import { svg, html, type TemplateResult } from 'lit';

const PATHS = {
  play: 'M4 2.5v11l9-5.5z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  plus: 'M7.4 3h1.2v4.4H13v1.2H8.6V13H7.4V8.6H3V7.4h4.4z',
  minus: 'M3 7.4h10v1.2H3z',
  close: 'M8 7.1 11.6 3.5l.9.9L8.9 8l3.6 3.6-.9.9L8 8.9l-3.6 3.6-.9-.9L7.1 8 3.5 4.4l.9-.9z',
  fit: 'M2 2h4v1.2H3.2V6H2zM10 2h4v4h-1.2V3.2H10zM2 10h1.2v2.8H6V14H2zM12.8 10H14v4h-4v-1.2h2.8z',
  box: 'M2 2h3v1.2H3.2V5H2zM6.5 2h3v1.2h-3zM11 2h3v3h-1.2V3.2H11zM2 6.5h1.2v3H2zM12.8 6.5H14v3h-1.2zM2 11h1.2v1.8H5V14H2zM6.5 12.8h3V14h-3zM12.8 11H14v3h-3v-1.2h1.8z',
  lasso:
    'M8 2c3.6 0 6.3 1.8 6.3 4.3S11.6 10.6 8 10.6c-.7 0-1.3-.1-1.9-.2-.2.7-.7 1.2-1.3 1.4.2.9-.1 1.7-.9 2.4l-.8-.9c.4-.3.5-.7.4-1.2A2 2 0 0 1 2.8 8.9C2.1 8.2 1.7 7.3 1.7 6.3 1.7 3.8 4.400 2 8 2zm0 1.200c-3 0-5.1 1.4-5.1 3.1 0 .6.2 1.1.6 1.600a2 2 0 0 1 2.6 1.3c.6.1 1.2.2 1.9.2 3 0 5.1-1.4 5.1-3.1S11 3.200 8 3.200zM4.200 9.100a.8.8 0 1 0 0 1.600.8.8 0 0 0 0-1.600z',
  edit: 'M11.6 1.8 14.2 4.4 5.4 13.2 2 14l.8-3.4zM3.8 11.1l-.3 1.4 1.4-.3 7.6-7.7-1.1-1.1z',
  chevron: 'm3.3 5.6.8-.8L8 8.7l3.9-3.9.8.8L8 10.3z',
  check: 'M6.3 12.2 2.6 8.5l.9-.9 2.8 2.8 6.3-6.4.9.9z',
  cross: 'M8 7.1 11.6 3.5l.9.9L8.9 8l3.6 3.6-.9.9L8 8.9l-3.6 3.6-.9-.9L7.1 8 3.5 4.4l.9-.9z',
  error:
    'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 1.2a5.3 5.3 0 1 0 0 10.6A5.3 5.3 0 0 0 8 2.7zM7.4 4.5h1.2v4.4H7.4zm0 5.6h1.2v1.3H7.4z',
  info: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 1.2a5.3 5.3 0 1 0 0 10.6A5.3 5.3 0 0 0 8 2.7zM7.4 4.6h1.2v1.3H7.4zm0 2.5h1.2v4.4H7.4z',
  picture: 'M1.5 3h13v10h-13zM2.7 4.2v7.6h10.6V4.2zM3.8 11l2.7-4 2 2.4 1.4-1.5 2.3 3.1zM10.2 5.2h1.6v1.6h-1.6z',
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
