/** A part that a person opens and closes; the panel remembers it. */
import { html, type TemplateResult } from 'lit';
import { isOpen } from '../model/layout';
import type { PanelStore } from '../store';

/**
 * @param name under which it is remembered
 * @param summary what it says when closed
 */
export function fold(store: PanelStore, name: string, summary: string, content: TemplateResult): TemplateResult {
  const open = isOpen(store.state.layout, name, false);
  return html`<details
    class="cf-details"
    .open=${open}
    @toggle=${(e: Event) => {
      const now = (e.currentTarget as HTMLDetailsElement).open;
      if (now !== isOpen(store.state.layout, name, false)) store.open(name, now);
    }}
  >
    <summary>${summary}</summary>
    ${content}
  </details>`;
}
