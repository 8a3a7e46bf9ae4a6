/** `<cf-image>`: the picture with its patches, an overlay, and the set being edited. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Box, ExampleInfo } from '../../src/protocol/panel';
import { PictureController, type PictureHost } from '../image/controller';
import { drawMarks, drawPicture, type Marks } from '../image/draw';
import { drawOverlay } from '../image/draw-overlay';
import { exportPicture } from '../image/export';
import { loadPicture } from '../image/load';
import { overlayOf, type OverlayPicture } from '../image/overlay';
import { choiceFor, gridOf, seenShare, withPlaces, type GridChoice } from '../image/places';
import { choose, patchWords, type Way } from '../image/select';
import { cellOf, extent, type Size } from '../image/viewport';
import { activePatches, canEdit, rowOf } from '../model/state';
import { percent, plural } from '../model/words';
import { PanelElement } from '../ui/element';
import { onTheme, theme } from '../ui/theme';
import { pictureTools } from './picture-tools';

const NO_BOXES: readonly Box[] = [];

export class ImageView extends PanelElement implements PictureHost {
  readonly control = new PictureController(this);
  canvas: Size = { width: 0, height: 0 };
  dpr = 1;
  lasso = false;
  private picture: HTMLImageElement | undefined;
  /** What `picture` was made of. */
  private pictureOf: Uint8Array | null | undefined;
  private pictureError = false;
  private said = '';
  private dirty: 'none' | 'marks' | 'view' = 'none';
  private drawn: { example?: ExampleInfo; overlay?: OverlayPicture; strength?: number; kind?: string; key?: string } =
    {};
  private overlay: OverlayPicture = { look: 'set', words: '' };
  private readonly seen = new ResizeObserver(() => this.resize());
  private stopTheme: (() => void) | undefined;

  get geometry(): ExampleInfo['geometry'] | undefined {
    return this.s.example?.geometry;
  }
  get gridKind(): GridChoice {
    return choiceFor(this.geometry, this.s.gridKind);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.seen.observe(this.box);
    window.addEventListener('resize', this.resize);
    this.stopTheme = onTheme(() => this.redraw('view'));
  }
  override disconnectedCallback(): void {
    this.seen.disconnect();
    window.removeEventListener('resize', this.resize);
    this.stopTheme?.();
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const { s, control } = this;
    const patches = activePatches(s);
    const set = s.experiment?.activeSet ?? '';
    const edit = canEdit(s);
    const twoGrids = new Set(this.geometry?.grids.map((g) => g.kind)).size > 1;
    return html` <div
        class="cf-picture"
        role="application"
        tabindex="0"
        aria-roledescription="picture with patches"
        aria-label="Picture, ${plural(this.geometry ? control.all().length : 0, 'patch', 'patches')}. ${edit ? `${plural(patches.length, 'patch', 'patches')} in set ${set}` : 'View only'}"
        aria-describedby="cf-picture-keys"
        @pointerdown=${this.down}
        @pointermove=${(e: PointerEvent) => control.move(e)}
        @pointerup=${(e: PointerEvent) => control.up(e)}
        @pointercancel=${() => control.cancelDrag()}
        @pointerleave=${() => control.leave()}
        @keydown=${(e: KeyboardEvent) => control.keyDown(e)}
        @keyup=${(e: KeyboardEvent) => control.keyUp(e)}
        @focus=${() => control.focus()}
        @blur=${() => control.blur()}
      >
        <canvas class="cf-layer-picture" aria-hidden="true"></canvas>
        <canvas class="cf-layer-overlay" aria-hidden="true"></canvas>
        <canvas class="cf-layer-marks" aria-hidden="true"></canvas>
        ${this.pictureError ? html`<p class="cf-picture-note">The picture could not be shown.</p>` : nothing}
      </div>
      <p id="cf-picture-keys" class="cf-hidden">
        Arrow keys move, Space or Enter chooses, Shift with an arrow adds, Alt with an arrow removes, Control A chooses
        all, Escape clears, plus and minus zoom, 0 shows all.
      </p>
      <div class="cf-live cf-hidden" aria-live="polite">${this.said}</div>
      ${pictureTools({
        editable: edit,
        lasso: this.lasso,
        empty: patches.length === 0,
        ...(twoGrids && { grid: s.gridKind }),
        control,
        pointed: this.hoverWords(),
        pickDrag: (tool) => {
          this.lasso = tool === 'lasso';
          this.requestUpdate();
        },
        pickGrid: (kind) => {
          if (kind === 'both' || kind === 'base' || kind === 'tile') this.store.view({ gridKind: kind });
        },
        clear: () => this.select([], 'remove'),
      })}
      ${this.cutWords()}`;
  }

  override firstUpdated(): void {
    // Not passive: a wheel that zooms must not scroll the page as well.
    const box = this.box;
    this.seen.observe(box);
    box.addEventListener('wheel', (e) => this.control.wheel(e, box === document.activeElement), { passive: false });
  }

  override updated(): void {
    const { s } = this;
    this.load(s.picture);
    const row = rowOf(s);
    const wants =
      s.overlay === 'attention' && row !== undefined && s.example !== undefined && row >= s.example.imageStart;
    const asked = !wants
      ? undefined
      : this.store.canAsk
        ? this.store.attention.get(row)
        : this.store.attention.peek(row);
    this.overlay = overlayOf(s, asked);
    if (this.drawn.example?.geometry !== s.example?.geometry || this.drawn.kind !== this.gridKind) {
      const other = JSON.stringify(this.drawn.example?.geometry.grids) !== JSON.stringify(s.example?.geometry.grids);
      this.drawn = { ...this.drawn, kind: this.gridKind, example: s.example };
      this.resize(other);
    }
    this.redraw('marks');
  }

  redraw(what: 'view' | 'marks'): void {
    const idle = this.dirty === 'none';
    if (this.dirty !== 'view') this.dirty = what;
    if (idle) requestAnimationFrame(() => this.draw());
    if (this.isConnected && what === 'marks') this.tellHover();
  }

  select(patches: readonly number[], way: Way): void {
    if (!canEdit(this.s)) {
      this.say('View only.');
      return;
    }
    const now = activePatches(this.s);
    const meant = this.geometry ? withPlaces(this.geometry, this.gridKind, patches) : patches;
    // A place is taken away when all of it is there, and else filled up.
    const whole = meant.every((p) => now.includes(p));
    const next = patches.length === 0 ? [] : choose(now, meant, way === 'toggle' ? (whole ? 'remove' : 'add') : way);
    this.store.setPatches(next);
    const one = patches.length === 1 ? patches[0] : this.control.cursor;
    this.say(
      next.length === 0
        ? 'Set cleared'
        : one !== undefined && patches.length <= 2 && this.geometry
          ? `${patchWords(this.geometry, one, next.includes(one), this.gridKind)}. ${next.length} in the set`
          : `${plural(next.length, 'patch', 'patches')} in the set`,
    );
  }

  /** Empty words: what is under the keyboard. */
  say(words: string): void {
    const { cursor } = this.control;
    const g = this.geometry;
    this.said =
      words ||
      (g && cursor !== undefined ? patchWords(g, cursor, activePatches(this.s).includes(cursor), this.gridKind) : '');
    this.requestUpdate();
  }

  /** The part of the picture that is on the screen, large enough for a page, with its legend. A PNG. */
  png(): string {
    const { s, geometry, control, canvas, overlay } = this;
    if (!geometry) throw new Error('there is no picture yet');
    return exportPicture({
      state: s,
      geometry,
      choice: this.gridKind,
      picture: this.picture,
      view: control.view,
      canvas,
      overlay,
      marks: this.marks(),
    });
  }

  /** Height of the box, in CSS pixels, at which the picture fills its width. */
  get tallest(): number {
    const { box, geometry } = this;
    const area = geometry && extent(geometry, this.gridKind);
    if (!area || box.clientWidth === 0) return Infinity;
    return Math.round((box.clientWidth * area.height) / area.width) + box.offsetHeight - box.clientHeight;
  }

  focusPicture(): void {
    this.box.focus();
  }

  private get box(): HTMLElement {
    return this.querySelector<HTMLElement>('.cf-picture')!;
  }

  private down(e: PointerEvent): void {
    (e.currentTarget as HTMLElement).setPointerCapture(e.pointerId);
    this.control.down(e);
  }

  private lastHover: number | undefined;
  private tellHover(): void {
    if (this.control.hover === this.lastHover) return;
    this.lastHover = this.control.hover;
    this.requestUpdate();
  }
  private hoverWords(): TemplateResult | typeof nothing {
    const { hover } = this.control;
    const place = hover === undefined ? undefined : this.geometry?.patches[hover];
    if (hover === undefined || !place) return nothing;
    const value = this.s.overlay === 'attention' ? this.overlay.values?.[hover] : undefined;
    return html`<span class="cf-faint">
      patch ${hover}, row ${place.row}, column
      ${place.column}${value === undefined ? '' : `, ${Math.round(value * 100)} % of the scale`}</span
    >`;
  }

  private load(png: Uint8Array | null | undefined): void {
    if (png === this.pictureOf) return;
    this.pictureOf = png;
    this.picture = undefined;
    this.pictureError = png === null;
    this.redraw('view');
    if (!png) return this.requestUpdate();
    loadPicture(png).then(
      (image) => {
        if (png !== this.pictureOf) return;
        this.picture = image;
        this.redraw('view');
      },
      () => {
        if (png !== this.pictureOf) return;
        this.pictureError = true;
        this.requestUpdate();
      },
    );
  }

  private readonly resize = (reset: unknown = false): void => {
    const box = this.querySelector<HTMLElement>('.cf-picture');
    const g = this.geometry;
    if (!box || !g) return;
    // The layout gives the box its height, and the picture's shape limits it.
    box.style.maxHeight = `${this.tallest}px`;
    const [width, height] = [box.clientWidth, box.clientHeight];
    if (width === 0) return;
    this.dpr = window.devicePixelRatio || 1;
    const size = { width: Math.round(width * this.dpr), height: Math.round(height * this.dpr) };
    if (size.width !== this.canvas.width || size.height !== this.canvas.height) {
      this.canvas = size;
      for (const layer of this.querySelectorAll<HTMLCanvasElement>('.cf-picture canvas')) {
        [layer.width, layer.height] = [size.width, size.height];
        // One pixel of the canvas is one of the screen, also where the box has a broken width.
        [layer.style.width, layer.style.height] = [`${size.width / this.dpr}px`, `${size.height / this.dpr}px`];
      }
      this.drawn = { ...this.drawn, key: undefined };
    }
    this.control.layout(reset === true);
  };

  private draw(): void {
    const what = this.dirty;
    this.dirty = 'none';
    const g = this.geometry;
    const [picture, overlay, marks] = [...this.querySelectorAll('canvas')].map((c) => c.getContext('2d')!);
    if (!g || !picture || this.canvas.width === 0) return;
    const { control, s } = this;
    const t = theme();
    if (what === 'view')
      drawPicture(picture, this.picture, g, cellOf(extent(g, this.gridKind), control.view), control.view, t);
    if (what === 'view' || this.drawn.overlay !== this.overlay || this.drawn.strength !== s.strength)
      drawOverlay(overlay, control.marked, this.overlay, { strength: s.strength, dpr: this.dpr, t });
    [this.drawn.overlay, this.drawn.strength] = [this.overlay, s.strength];
    const focused = this.box === document.activeElement && control.keyboard;
    // Marks change seldom while the slider plays; drawing 2,304 grid lines again would cost frames.
    const key = JSON.stringify([
      s.grid,
      s.boxes,
      activePatches(s),
      control.cursor,
      focused,
      control.hover,
      control.drag?.line.length,
      control.drag?.line.at(-1),
    ]);
    if (what === 'view' || key !== this.drawn.key) {
      const pointed: Partial<Marks> = {
        ...(focused && control.cursor !== undefined ? { cursor: control.cursor } : {}),
        ...(control.hover === undefined ? {} : { hover: control.hover }),
        ...(control.drag?.kind === 'select'
          ? { drag: { line: control.drag.line, lasso: this.lasso, removes: control.drag.way === 'remove' } }
          : {}),
      };
      drawMarks(marks, control, { ...this.marks(), ...pointed }, control.view, t, this.dpr);
      this.drawn.key = key;
    }
  }

  /** What is marked whatever points at it. */
  private marks(): Marks {
    const { s } = this;
    const kinds = this.geometry?.patches ?? [];
    const of = (other: boolean): Set<number> =>
      new Set(activePatches(s).filter((p) => (kinds[p]?.kind !== gridOf(this.gridKind)) === other));
    return {
      grid: s.grid,
      boxes: s.boxes ? (s.experiment?.objects ?? NO_BOXES) : NO_BOXES,
      selected: of(false),
      also: this.gridKind === 'both' ? of(true) : new Set(),
    };
  }

  private cutWords(): TemplateResult | typeof nothing {
    const share = this.geometry && seenShare(this.geometry);
    if (share === undefined) return nothing;
    return html`<p class="cf-note cf-cut">
      The model sees ${percent(share)} of the picture. What is dimmed is cut off.
    </p>`;
  }
}
