/** `<cf-export>`: everything that can be saved from what the panel shows. */
import { html, type TemplateResult } from 'lit';
import type { ExportRequest } from '../../src/protocol/panel';
import { PanelElement } from '../ui/element';
import type { Menu, MenuGroup } from '../ui/menu';
import type { FlowView } from './flow-view';
import type { ImageView } from './image-view';
import type { LensView } from './lens-view';

/** Event: `tell` with what a person should know of it. */
export class ExportMenu extends PanelElement {
  override render(): TemplateResult {
    return html`<cf-menu label="Export" .groups=${this.groups()}></cf-menu>`;
  }

  toggle(): void {
    this.querySelector<Menu>('cf-menu')?.toggle();
  }

  private groups(): MenuGroup[] {
    const { s } = this;
    const figures = (what: 'knockouts' | 'lens', ready: boolean): MenuGroup['items'] =>
      (['svg', 'png', 'pdf', 'csv'] as const).map((format) => ({
        label: format === 'csv' ? 'Table (CSV)' : `Figure (${format.toUpperCase()})`,
        disabled: !ready,
        // A figure as it is on the screen.
        act: () =>
          void this.save(() => {
            if (what === 'knockouts') return { what, format };
            return { what, format, norm: document.querySelector<LensView>('cf-lens')?.norm ?? 'withNorm' };
          }),
      }));
    return [
      { title: 'Knockout curves', items: figures('knockouts', s.curves.length > 0) },
      { title: 'Logit lens', items: figures('lens', s.lens !== undefined) },
      {
        title: 'Pictures',
        items: [
          {
            label: 'Picture with overlay (PNG)',
            act: () =>
              void this.save(() => ({
                what: 'image',
                format: 'png',
                data: document.querySelector<ImageView>('cf-image')!.png(),
              })),
          },
          {
            label: 'Token flow (SVG)',
            disabled: this.store.flow.value(0) === undefined,
            act: () =>
              void this.save(() => {
                const data = document.querySelector<FlowView>('cf-flow')?.svg();
                if (data === undefined) throw new Error('the token flow is not there yet');
                return { what: 'flow', format: 'svg', data };
              }),
          },
        ],
      },
      {
        title: 'Everything',
        items: [
          { label: 'Result (JSON)', disabled: !s.clean, act: () => void this.save({ what: 'result', format: 'json' }) },
        ],
      },
    ];
  }

  private async save(request: ExportRequest | (() => ExportRequest)): Promise<void> {
    try {
      const path = await this.store.request('export', typeof request === 'function' ? request() : request);
      this.tell(path === undefined ? '' : `Saved ${path}`);
    } catch (e) {
      this.report(e);
      this.tell(`Not saved: ${e instanceof Error ? e.message : String(e)}`);
    }
  }
  private tell(words: string): void {
    this.dispatchEvent(new CustomEvent('tell', { detail: words }));
  }
}
