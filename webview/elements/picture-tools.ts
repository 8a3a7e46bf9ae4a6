/** The line below the picture: keys, what is under the pointer, tools and zoom. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PictureController } from '../image/controller';
import type { GridChoice } from '../image/places';
import { icon } from '../ui/icons';
import type { Tool } from '../ui/tool-choice';

const DRAGS: readonly Tool[] = [
  { value: 'box', label: 'Box', icon: 'box', hint: 'Box: a drag adds what it touches; with Alt it removes' },
  { value: 'lasso', label: 'Lasso', icon: 'lasso', hint: 'Lasso: a drag adds what it surrounds; with Alt it removes' },
];
const GRIDS: readonly Tool[] = [
  {
    value: 'both',
    label: 'Both',
    hint: 'Clicks mean a place: its patch of the whole image and the patches of the tiles on it',
  },
  { value: 'base', label: 'Whole image only', hint: 'Clicks mean patches of the whole image' },
  { value: 'tile', label: 'Tiles only', hint: 'Clicks mean patches of the tiles' },
];

export interface PictureToolsOptions {
  readonly editable: boolean;
  readonly lasso: boolean;
  /** Nothing to clear. */
  readonly empty: boolean;
  /** Which grid clicks mean; left out where there is one. */
  readonly grid?: GridChoice;
  readonly control: PictureController;
  readonly pointed: TemplateResult | typeof nothing;
  pickDrag(tool: string): void;
  pickGrid(grid: string): void;
  clear(): void;
}

export function pictureTools(o: PictureToolsOptions): TemplateResult {
  return html`<div class="cf-bar">
    <span class="cf-grow cf-note cf-at-pointer"
      ><span class="cf-hint-keys">${o.editable ? 'Shift adds, Alt removes' : 'View only'}</span>${o.pointed}</span
    >
    ${
      o.grid === undefined
        ? nothing
        : html`<cf-tool
            label="Clicks mean patches of"
            .tools=${GRIDS}
            .value=${o.grid}
            @pick=${(e: CustomEvent<string>) => o.pickGrid(e.detail)}
          ></cf-tool>`
    }
    ${
      o.editable
        ? html`<cf-tool
              label="A drag draws"
              .tools=${DRAGS}
              .value=${o.lasso ? 'lasso' : 'box'}
              @pick=${(e: CustomEvent<string>) => o.pickDrag(e.detail)}
            ></cf-tool>
            ${button('Clear the set', 'Clear the set (Escape)', 'close', o.clear, o.empty)}`
        : nothing
    }
    ${button('Zoom out', 'Zoom out (−)', 'minus', o.control.zoomOut)}
    ${button('Zoom in', 'Zoom in (+, or the wheel)', 'plus', o.control.zoomIn)}
    ${button('Show the whole picture', 'Show the whole picture (0)', 'fit', o.control.zoomFit)}
  </div>`;
}

const button = (
  label: string,
  title: string,
  name: Parameters<typeof icon>[0],
  act: () => void,
  disabled = false,
): TemplateResult =>
  html`<vscode-button appearance="icon" aria-label=${label} title=${title} ?disabled=${disabled} @click=${act}
    >${icon(name)}</vscode-button
  >`;
