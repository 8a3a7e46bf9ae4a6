/** `<cf-overlay>`: what lies over the picture, and what it is, in words. */
import { html, nothing, type TemplateResult } from 'lit';
import { CONTOURS, drawScale } from '../image/draw-overlay';
import { overlayOf } from '../image/overlay';
import { isOpen } from '../model/layout';
import { patchesOfSet, rowOf, type Overlay } from '../model/state';
import { knockoutDetail, knockoutWords } from '../model/words';
import { PanelElement } from '../ui/element';
import { icon } from '../ui/icons';
import { range } from '../ui/range';
import { onTheme, theme } from '../ui/theme';
import type { Choice } from '../ui/select';

export class OverlayBar extends PanelElement {
  override render(): TemplateResult {
    const { s } = this;
    const row = rowOf(s);
    const picture = overlayOf(s, row === undefined ? undefined : this.store.attention.peek(row));
    const attention = s.overlay === 'attention';
    const open = isOpen(s.layout, 'overlay', false);
    return html`<div class="cf-bar">
        <label class="cf-field"
          ><span aria-hidden="true">Overlay</span>
          <cf-select
            class="cf-wide"
            label="Overlay"
            .choices=${this.choices()}
            .value=${s.overlay}
            @pick=${(e: CustomEvent<string>) => this.store.view({ overlay: e.detail as Overlay })}
          ></cf-select
        ></label>
        ${
          attention
            ? html`<label class="cf-field"
                ><span aria-hidden="true">Head</span>
                <cf-select
                  label="Head"
                  .choices=${this.heads()}
                  .value=${String(s.head)}
                  @pick=${(e: CustomEvent<string>) => this.store.view({ head: e.detail === 'mean' ? 'mean' : Number(e.detail) })}
                ></cf-select
              ></label>`
            : nothing
        }
        <span class="cf-grow"></span>
        <button
          type="button"
          class="cf-more"
          aria-expanded=${open ? 'true' : 'false'}
          aria-controls="cf-overlay-settings"
          @click=${() => this.store.open('overlay', !open)}
        >
          Settings${icon('chevron')}
        </button>
      </div>
      <div class="cf-bar cf-wrap" id="cf-overlay-settings" ?hidden=${!open}>
        ${
          picture.values
            ? html`<label class="cf-field"
                ><span>Strength</span> ${range({
                  value: Math.round(100 * s.strength),
                  least: 0,
                  most: 100,
                  step: 5,
                  spoken: `${Math.round(100 * s.strength)} %`,
                  title: 'How strongly the overlay covers the picture',
                  short: true,
                  input: (value) => this.store.view({ strength: value / 100 }),
                })}</label
              >`
            : nothing
        }
        ${
          attention
            ? html`<vscode-checkbox
                title="Left out, all layers share one scale, so that they can be compared"
                ?checked=${s.perLayer}
                @change=${(e: Event) => this.store.view({ perLayer: checked(e) })}
                >Scale per layer</vscode-checkbox
              >`
            : nothing
        }
        <vscode-checkbox ?checked=${s.grid} @change=${(e: Event) => this.store.view({ grid: checked(e) })}
          >Grid</vscode-checkbox
        >
        ${
          s.experiment && s.experiment.objects.length > 0
            ? html`<vscode-checkbox ?checked=${s.boxes} @change=${(e: Event) => this.store.view({ boxes: checked(e) })}
                >Boxes</vscode-checkbox
              >`
            : nothing
        }
      </div>
      <p class="cf-legend ${open ? '' : 'cf-one-line'}" id="cf-overlay-words" title=${open ? nothing : picture.words}>
        ${
          picture.scale
            ? html`<span class="cf-scale" aria-hidden="true"
                >${picture.scale[0]}<canvas width="64" height="10" data-look=${picture.look}></canvas
                >${picture.scale[1]}</span
              >`
            : nothing
        }${picture.words}${picture.scale && theme().highContrast ? ` Outlined from ${contourWords} of the scale on.` : ''}
      </p>`;
  }

  private stopTheme: (() => void) | undefined;
  override connectedCallback(): void {
    super.connectedCallback();
    this.stopTheme = onTheme(() => this.requestUpdate());
  }
  override disconnectedCallback(): void {
    this.stopTheme?.();
    super.disconnectedCallback();
  }

  override updated(): void {
    const scale = this.querySelector<HTMLCanvasElement>('.cf-scale canvas');
    if (scale) drawScale(scale.getContext('2d')!, this.s.strength);
  }

  private choices(): Choice[] {
    const { s } = this;
    const sets = s.example
      ? Object.keys(s.example.sets).filter((name) => patchesOfSet(s.example!, name).length > 0)
      : [];
    const out: Choice[] = [
      { value: 'attention', label: 'Attention of the token' },
      ...sets.map((name) => ({ value: `set:${name}`, label: `Set: ${name}` })),
      ...s.curves.map((c) => ({
        value: `effect:${c.id}`,
        label: `Effect: ${knockoutWords(c.knockout)} (${knockoutDetail(c.knockout)})`,
      })),
      { value: 'none', label: 'None' },
    ];
    // A restored choice is listed although what it names may not be there yet.
    if (!out.some((c) => c.value === s.overlay))
      out.push({ value: s.overlay, label: s.overlay.replace(/^set:/, 'Set: ').replace(/^effect:/, 'Effect: ') });
    return out;
  }

  private heads(): Choice[] {
    const n = this.s.model?.heads ?? 0;
    return [
      { value: 'mean', label: 'Mean' },
      ...Array.from({ length: n }, (_, h) => ({ value: String(h), label: String(h) })),
    ];
  }
}

/** `25 %, 50 % and 75 %` */
const contourWords = CONTOURS.map((c) => `${100 * c} %`)
  .join(', ')
  .replace(/, ([^,]*)$/, ' and $1');

const checked = (e: Event): boolean => (e.target as HTMLInputElement).checked;
