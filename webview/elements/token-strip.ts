/** `<cf-tokens>`: every token of the prompt, the image as one chip. Only lines in sight are in the page. */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ExampleInfo } from '../../src/protocol/panel';
import { layersOf, rowOf } from '../model/state';
import { imageTokenName, percent, plural, tokenText } from '../model/words';
import { chips, lines, type ChipLine, type PlacedChip } from '../tokens/layout';
import { groupsOf, tokenGroup } from '../tokens/groups';
import { PanelElement } from '../ui/element';
import { theme } from '../ui/theme';

const LINE_HEIGHT = 24;
/** Lines drawn above and below those in sight. */
const SPARE = 3;
/** A pointer that rests this long on a token asks for its lens words. */
const REST_MS = 120;

export class TokenStrip extends PanelElement {
  private expanded = false;
  private active = -1;
  private peeked: number | undefined;
  private width = 0;
  private height = 160;
  private top = 0;
  /** The focus comes from a press of the pointer, which must find under itself what it was aimed at. */
  private pressed = false;
  private laid: { example?: ExampleInfo; expanded?: boolean; width?: number; lines: ChipLine[]; count: number } = {
    lines: [],
    count: 0,
  };
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly seen = new ResizeObserver(() => this.measure());

  override firstUpdated(): void {
    this.seen.observe(this.box);
    this.measure();
  }
  override disconnectedCallback(): void {
    this.seen.disconnect();
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const { s } = this;
    this.lay();
    const all = this.laid.lines;
    const first = Math.max(0, Math.floor(this.top / LINE_HEIGHT) - SPARE);
    const inSight = all.slice(first, first + Math.ceil(this.height / LINE_HEIGHT) + 2 * SPARE);
    const active = this.chipAt(this.active);
    return html`<ul class="cf-groups" aria-label="Colours of the tokens">
        ${s.example ? groupsOf(s.example).map(([group, name]) => html`<li><span class="cf-dot cf-group-${group}" aria-hidden="true"></span>${name}</li>`) : nothing}
      </ul>
      <div
        class="cf-tokens"
        role="listbox"
        tabindex="0"
        aria-label="Tokens of the prompt"
        aria-describedby="cf-token-detail"
        aria-activedescendant=${active && inSight.some((l) => l.includes(active)) ? `cf-token-${active.index}` : nothing}
        @scroll=${this.scrolled}
        @keydown=${this.key}
        @pointerdown=${this.press}
        @focus=${this.focused}
        @blur=${() => this.peek(undefined)}
        @click=${this.clicked}
        @pointerover=${this.hovered}
        @pointerleave=${() => this.peekSoon(undefined)}
      >
        <div class="cf-tokens-room" role="presentation" .style=${`height: ${Math.max(1, all.length) * LINE_HEIGHT}px`}>
          ${repeat(
            inSight,
            (l) => l[0]?.index ?? -1,
            (line, i) => line.map((chip) => this.chip(chip, (first + i) * LINE_HEIGHT)),
          )}
          ${all.length === 0 || !s.example ? html`<span role="option" aria-selected="false" aria-disabled="true" class="cf-faint">No tokens yet</span>` : nothing}
        </div>
      </div>
      <p class="cf-legend" id="cf-token-detail" aria-live=${s.playing ? 'off' : 'polite'}>${this.detail()}</p>`;
  }

  private chip(chip: PlacedChip, y: number): TemplateResult {
    const { s } = this;
    const example = s.example!;
    const row = rowOf(s);
    const image = chip.kind === 'image';
    const chosen = !image && chip.position === row;
    const insideImage =
      image &&
      row !== undefined &&
      !this.expanded &&
      row >= example.imageStart &&
      row < example.imageStart + example.imageTokens;
    return html`<span
      id="cf-token-${chip.index}"
      data-index=${chip.index}
      role="option"
      aria-selected=${chosen || insideImage ? 'true' : 'false'}
      aria-setsize=${this.laid.count}
      aria-posinset=${chip.index + 1}
      aria-label=${image ? `${plural(example.imageTokens, 'image token')}, ${this.expanded ? 'shown' : 'folded'}` : `token ${chip.position} ${this.spoken(example, chip)}`}
      class="cf-token cf-group-${tokenGroup(example, chip.position)} ${chosen || insideImage ? 'cf-chosen' : ''} ${chip.index === this.active ? 'cf-active' : ''}"
      .style=${`left: ${chip.x}px; top: ${y}px; width: ${chip.width}px`}
      >${chip.text}</span
    >`;
  }

  private spoken(example: ExampleInfo, { position, text }: PlacedChip): string {
    const patch = position - example.imageStart;
    return patch >= 0 && patch < example.imageTokens ? imageTokenName(example, patch) : text;
  }

  /** What the token under the pointer or keyboard is, and what the lens reads there. */
  private detail(): TemplateResult | string {
    const { s } = this;
    const { example } = s;
    const row = this.peeked ?? rowOf(s);
    if (!example || row === undefined || !example.tokens[row]) return '';
    const inImage = row >= example.imageStart && row < example.imageStart + example.imageTokens;
    const sets = Object.entries(example.sets)
      .filter(([, list]) => list.includes(row))
      .map(([name]) => name);
    const name = inImage
      ? imageTokenName(example, row - example.imageStart)
      : `“${tokenText(example.tokens[row].text)}”`;
    const nowhere = inImage && example.geometry.patches[row - example.imageStart]?.rect === undefined;
    const lens = this.store.canAsk ? this.store.tokenLens.get(row) : this.store.tokenLens.peek(row);
    const words = lens?.kind === 'here' ? lens.value[Math.min(s.layer + 1, lens.value.length - 1)] : undefined;
    return html`<b>Token ${row}</b>
      ${name}${row === rowOf(s) ? ' (chosen)' : ''}${nowhere ? ', which has no place on the picture' : ''}.
      ${sets.length > 0 ? `In ${sets.join(', ')}.` : 'In no set.'}
      ${
        words
          ? html`Lens after layer ${s.layer}${s.layer === layersOf(s) - 1 ? ' (final)' : ''}, with norm:
            ${words.map((w, i) => html`${i > 0 ? ', ' : ''}<span class="cf-word">${tokenText(w.text)}</span> ${percent(w.probability)}`)}.`
          : lens?.kind === 'failed'
            ? `Lens: ${lens.message}`
            : lens
              ? 'Lens: on its way…'
              : ''
      }`;
  }

  private lay(): void {
    const { example } = this.s;
    if (this.laid.example === example && this.laid.expanded === this.expanded && this.laid.width === this.width) return;
    if (!example || this.width === 0) {
      this.laid = { lines: [], count: 0 };
      return;
    }
    const ctx = document.createElement('canvas').getContext('2d')!;
    const style = getComputedStyle(this.box);
    ctx.font = `${style.fontSize} ${style.fontFamily || theme().font}`;
    const list = chips(example, this.expanded);
    this.laid = {
      example,
      expanded: this.expanded,
      width: this.width,
      count: list.length,
      lines: lines(list, this.width, (text) => ctx.measureText(text).width),
    };
  }

  private measure(): void {
    const width = this.box.clientWidth - 8;
    const height = this.box.clientHeight;
    // Not on the screen, it has no size; it is laid out when it comes back.
    if (width <= 0 || (width === this.width && height === this.height)) return;
    this.width = width;
    this.height = height;
    this.requestUpdate();
  }
  private get box(): HTMLElement {
    return this.querySelector<HTMLElement>('.cf-tokens')!;
  }
  private scrolled(): void {
    this.top = this.box.scrollTop;
    this.requestUpdate();
  }

  private chipAt(index: number): PlacedChip | undefined {
    for (const line of this.laid.lines) {
      const last = line.at(-1);
      if (last && index <= last.index) return line.find((c) => c.index === index);
    }
    return undefined;
  }

  private press(e: PointerEvent): void {
    this.pressed = true;
    const chip = this.chipUnder(e);
    if (chip) this.active = chip.index;
  }
  /** By the keyboard, to the chosen token; a press has its own, and a scroll would take that away under the pointer. */
  private focused(): void {
    const { pressed } = this;
    this.pressed = false;
    if (pressed || this.chipAt(this.active)) return;
    const row = rowOf(this.s);
    const chosen = this.laid.lines.flat().find((c) => c.kind === 'token' && c.position === row);
    this.move(chosen?.index ?? 0);
  }

  private key(e: KeyboardEvent): void {
    const last = this.laid.count - 1;
    const at = Math.max(0, this.active);
    if (e.key === 'ArrowRight') this.move(Math.min(last, at + 1));
    else if (e.key === 'ArrowLeft') this.move(Math.max(0, at - 1));
    else if (e.key === 'Home') this.move(0);
    else if (e.key === 'End') this.move(last);
    else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') this.move(this.below(at, e.key === 'ArrowDown' ? 1 : -1));
    else if (e.key === 'Enter' || e.key === ' ') this.pick(this.chipAt(at));
    else return;
    e.preventDefault();
  }

  /** The chip nearest above or below. */
  private below(index: number, by: number): number {
    const all = this.laid.lines;
    const at = all.findIndex((l) => l.length > 0 && l[l.length - 1].index >= index);
    const from = all[at]?.find((c) => c.index === index);
    const next = all[at + by];
    if (!from || !next) return index;
    const middle = from.x + from.width / 2;
    return next.reduce((best, c) =>
      Math.abs(c.x + c.width / 2 - middle) < Math.abs(best.x + best.width / 2 - middle) ? c : best,
    ).index;
  }

  private move(index: number): void {
    this.active = index;
    const line = this.laid.lines.findIndex((l) => l.length > 0 && l[l.length - 1].index >= index);
    const { box } = this;
    if (line * LINE_HEIGHT < box.scrollTop) box.scrollTop = line * LINE_HEIGHT;
    else if ((line + 1) * LINE_HEIGHT > box.scrollTop + box.clientHeight)
      box.scrollTop = (line + 1) * LINE_HEIGHT - box.clientHeight;
    this.top = box.scrollTop;
    const chip = this.chipAt(index);
    this.peek(chip?.kind === 'token' ? chip.position : undefined);
  }

  private pick(chip: PlacedChip | undefined): void {
    if (!chip) return;
    this.active = chip.index;
    if (chip.kind === 'image') this.expanded = !this.expanded;
    else {
      this.store.view({ row: chip.position });
      this.peek(chip.position);
    }
    this.requestUpdate();
  }

  private chipUnder(e: Event): PlacedChip | undefined {
    const index = (e.target as HTMLElement).closest<HTMLElement>('.cf-token')?.dataset.index;
    return index === undefined ? undefined : this.chipAt(Number(index));
  }
  private clicked(e: MouseEvent): void {
    this.pick(this.chipUnder(e));
  }
  private hovered(e: PointerEvent): void {
    const chip = this.chipUnder(e);
    this.peekSoon(chip?.kind === 'token' ? chip.position : undefined);
  }
  private peekSoon(row: number | undefined): void {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.peek(row), REST_MS);
  }
  private peek(row: number | undefined): void {
    clearTimeout(this.rest);
    this.peeked = row;
    this.requestUpdate();
  }
}
