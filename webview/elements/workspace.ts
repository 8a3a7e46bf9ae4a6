/**
 * `<cf-workspace>`: arranges picture, layer, knockouts and the tabs of views, so that picture and curves are always on
 * the screen together. Sizes and what is open are a person's and stay.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { PanelSize, ViewName } from '../../src/protocol/panel';
import { choosing, inSight, isOpen, shownView, tabsIn, type Room } from '../model/layout';
import { activePatches, canEdit } from '../model/state';
import { plural } from '../model/words';
import { PanelElement } from '../ui/element';
import { icon } from '../ui/icons';
import { onRoom, roomNow } from '../ui/room';
import type { SashRange } from '../ui/sash';
import { tabId, tabPanelId, type Tab } from '../ui/tabs';
import type { ImageView } from './image-view';

/** Least sizes that a drag leaves, in CSS pixels. */
const LEAST_PICTURE = 120;
const LEAST_VIEW = 190;
const LEAST_KNOCKOUTS = 240;
const LEAST_COLUMN = 260;
/** Width of the sash between two columns, as in layout.css. */
const SASH = 17;

type Part = readonly [name: string, template: TemplateResult | typeof nothing];

export class Workspace extends PanelElement {
  private room: Room = roomNow();
  private stopRoom: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopRoom = onRoom(() => {
      this.room = roomNow();
      this.requestUpdate();
    });
  }
  override disconnectedCallback(): void {
    this.stopRoom?.();
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const { layout } = this.s;
    const { room } = this;
    const closed = ['picture', 'knockouts', 'views'].filter((name) => !this.isOpen(name));
    // A closed part leaves its column to the other.
    const classes = [`cf-room-${room}`, ...closed.map((name) => `cf-no-${name}`)].join(' ');
    const sizes = Object.entries(layout.sizes).map(
      ([name, size]) => `--cf-${name}: ${size}${name === 'split' ? '' : 'px'}`,
    );
    return html`<div class="cf-work ${classes}" .style=${sizes.join('; ')}>
      ${repeat(
        this.parts(),
        ([name]) => name,
        ([, template]) => template,
      )}
    </div>`;
  }

  async focusPicture(): Promise<void> {
    if (!this.isOpen('picture')) this.store.open('picture', true);
    // The store tells its listeners in a moment; then this element and the picture draw themselves.
    await Promise.resolve();
    await this.updateComplete;
    const image = this.querySelector<ImageView>('cf-image');
    await image?.updateComplete;
    image?.focusPicture();
  }

  /** In the order that the eye and the Tab key go through them. */
  private parts(): readonly Part[] {
    const { room } = this;
    const columns = room !== 'narrow' && this.isOpen('picture') && this.isOpen('knockouts');
    const between: Part = ['split', columns ? this.sash('x', 'split', 'Width of the picture') : nothing];
    const views: Part[] = [
      ['tabs', this.tabs()],
      ...(room === 'narrow' ? [this.knockouts()] : []),
      this.view('lens', html`<cf-lens .store=${this.store} .asleep=${!this.sees('lens')}></cf-lens>`),
      this.view('tokens', html`<cf-tokens .store=${this.store} .asleep=${!this.sees('tokens')}></cf-tokens>`),
      this.view('flow', html`<cf-flow .store=${this.store} .asleep=${!this.sees('flow')}></cf-flow>`),
    ];
    const picture: Part = ['picture', this.picture()];
    const layers: Part = ['layers', html`<cf-layers .store=${this.store}></cf-layers>`];
    const sash = (name: PanelSize, label: string, there: boolean): Part => [
      'sash',
      there ? this.sash('y', name, label) : nothing,
    ];
    if (room === 'narrow')
      return [picture, layers, sash('picture', 'Height of the picture', this.isOpen('picture')), ...views];
    const views_ = this.isOpen('views');
    if (room === 'beside')
      return [
        picture,
        between,
        this.knockouts(),
        layers,
        sash('top', 'Height of the picture and the curves', columns && views_),
        ...views,
      ];
    return [
      picture,
      layers,
      between,
      this.knockouts(),
      sash('knockouts', 'Height of the curves', this.isOpen('knockouts') && views_),
      ...views,
    ];
  }

  private picture(): TemplateResult {
    const open = this.isOpen('picture');
    return html`<section class="cf-pane cf-pane-picture" aria-labelledby="cf-title-picture">
      <div class="cf-title-line">
        ${this.heading('picture', 'Picture')}
        <span class="cf-grow"></span>
        ${open ? this.setChooser() : nothing}
      </div>
      <div class="cf-pane-body" id="cf-body-picture" ?hidden=${!open}>
        ${(this.s.example?.notes ?? []).map(
          (note) => html`<div class="cf-banner" role="note">${icon('info')}<span class="cf-grow">${note}.</span></div>`,
        )}
        <cf-image .store=${this.store} .asleep=${!open}></cf-image>
        <cf-overlay .store=${this.store} .asleep=${!open}></cf-overlay>
      </div>
    </section>`;
  }

  /** One template for both places, so that the curves stay what they are when the room changes. */
  private knockouts(): Part {
    const seen = this.sees('knockouts');
    const tab = this.room === 'narrow';
    return [
      'knockouts',
      html`<section
        class=${tab ? 'cf-view' : 'cf-pane cf-pane-knockouts'}
        role=${tab ? 'tabpanel' : nothing}
        id=${tabPanelId('knockouts')}
        aria-labelledby=${tab ? tabId('knockouts') : 'cf-title-knockouts'}
        ?hidden=${tab && !seen}
      >
        ${tab ? nothing : html`<div class="cf-title-line">${this.heading('knockouts', 'Knockouts')}</div>`}
        <div class="cf-pane-body cf-scroll-y" id="cf-body-knockouts" ?hidden=${!seen}>
          <cf-curves .store=${this.store} .asleep=${!seen}></cf-curves>
        </div>
      </section>`,
    ];
  }

  private view(name: ViewName, content: TemplateResult): Part {
    return [
      name,
      html`<section
        class="cf-view"
        role="tabpanel"
        id=${tabPanelId(name)}
        aria-labelledby=${tabId(name)}
        ?hidden=${!this.sees(name)}
      >
        <div class="cf-pane-body cf-scroll-y">${content}</div>
      </section>`,
    ];
  }

  private tabs(): TemplateResult {
    const { layout, curves } = this.s;
    const { room } = this;
    const tabs = tabsIn(room).map(({ name, title }): Tab => ({
      name,
      title,
      ...(name === 'knockouts' && curves.length > 0 ? { note: String(curves.length) } : {}),
    }));
    const open = this.isOpen('views');
    return html`<div class="cf-tab-line">
      <cf-tabs
        label="Views"
        .tabs=${tabs}
        .value=${shownView(layout, room)}
        @pick=${(e: CustomEvent<ViewName>) => this.pick(e.detail)}
      ></cf-tabs>
      ${
        room === 'narrow'
          ? nothing
          : html`<button
              type="button"
              class="cf-title-button"
              aria-expanded=${open ? 'true' : 'false'}
              aria-label="Views"
              title=${open ? 'Close the views' : 'Open the views'}
              @click=${() => this.store.open('views', !open)}
            >
              ${icon('chevron')}
            </button>`
      }
    </div>`;
  }
  private pick(view: ViewName): void {
    const { layout } = this.s;
    this.store.arrange({ ...choosing(view, this.room), open: { ...layout.open, views: true } });
  }

  /** A heading that closes and opens its part. */
  private heading(name: string, words: string): TemplateResult {
    const open = this.isOpen(name);
    return html`<h2 id="cf-title-${name}">
      <button
        type="button"
        class="cf-title-button"
        aria-expanded=${open ? 'true' : 'false'}
        aria-controls="cf-body-${name}"
        @click=${() => this.store.open(name, !open)}
      >
        ${icon('chevron')}${words}
      </button>
    </h2>`;
  }

  private setChooser(): TemplateResult {
    const experiment = this.s.experiment!;
    const names = Object.entries(experiment.sets)
      .filter(([, d]) => d.kind === 'patches')
      .map(([name]) => name);
    if (!names.includes(experiment.activeSet)) names.push(experiment.activeSet);
    const count = activePatches(this.s).length;
    return html`<label class="cf-field cf-set" title="Clicks and drags on the picture edit this set"
        ><span class="cf-set-size" aria-hidden="true"
          ><span class="cf-swatch-selected"></span>${plural(count, 'patch', 'patches')} in</span
        ><cf-select
          label="Set that clicks edit"
          .choices=${names.map((name) => ({ value: name, label: name in experiment.sets ? name : `${name} (new)` }))}
          .value=${experiment.activeSet}
          ?disabled=${experiment.restricted}
          @pick=${(e: CustomEvent<string>) => this.store.post({ type: 'choose-set', set: e.detail })}
        ></cf-select
      ></label>
      <vscode-button
        appearance="icon"
        aria-label="New patch set"
        title="New patch set…"
        ?disabled=${!canEdit(this.s)}
        @click=${() => this.store.post({ type: 'new-set' })}
        >${icon('plus')}</vscode-button
      >`;
  }

  private sash(axis: 'x' | 'y', name: PanelSize, label: string): TemplateResult {
    const show = (size: number): void => {
      const [value, unit] = name === 'split' ? [size / this.width, ''] : [size, 'px'];
      this.querySelector<HTMLElement>('.cf-work')!.style.setProperty(`--cf-${name}`, `${value}${unit}`);
    };
    return html`<cf-sash
      class="cf-sash-of-${name}"
      .axis=${axis}
      .label=${label}
      .measure=${() => this.measure(name)}
      @drag-size=${(e: CustomEvent<number>) => show(e.detail)}
      @size=${(e: CustomEvent<number>) => this.store.resize(name, name === 'split' ? e.detail / this.width : Math.round(e.detail))}
      @reset=${() => this.store.resize(name, undefined)}
    ></cf-sash>`;
  }

  /** What a sash sizes, as it is now, and how far it may go without pushing the other parts off the screen. */
  private measure(name: PanelSize): SashRange {
    const height = (selector: string): number => this.querySelector<HTMLElement>(selector)?.offsetHeight ?? 0;
    const spare = Math.max(0, height('.cf-view:not([hidden])') - LEAST_VIEW);
    if (name === 'split') {
      const now = this.querySelector<HTMLElement>('.cf-pane-picture')?.offsetWidth ?? 0;
      return { now, least: LEAST_COLUMN, most: this.width - LEAST_COLUMN };
    }
    if (name === 'picture') {
      const tallest = this.querySelector<ImageView>('cf-image')?.tallest ?? Infinity;
      const now = height('.cf-picture');
      return { now, least: LEAST_PICTURE, most: Math.min(tallest, now + spare) };
    }
    const now = height(name === 'top' ? '.cf-pane-picture' : '.cf-pane-knockouts');
    return { now, least: LEAST_KNOCKOUTS, most: now + spare };
  }
  /** Of both columns. */
  private get width(): number {
    return Math.max(1, (this.querySelector<HTMLElement>('.cf-work')?.clientWidth ?? 0) - SASH);
  }

  private isOpen(name: string): boolean {
    return (this.room === 'narrow' && name !== 'picture') || isOpen(this.s.layout, name);
  }
  private sees(name: ViewName): boolean {
    return inSight(this.s.layout, this.room, name);
  }
}
