/** `<cf-knockouts>`: the knockouts as the legend of their curves. A click hides a curve, pointing at one brings it out. */
import { html, nothing, type TemplateResult } from 'lit';
import { knockoutId, knockoutSets, type Knockout } from '../../src/protocol/panel';
import { swatch } from '../charts/legend';
import { lookName, looksOf } from '../charts/looks';
import { isEmpty, type LiveCurve, type PanelState } from '../model/state';
import { change, knockoutDetail, knockoutWords, percent } from '../model/words';
import { icon } from '../ui/icons';
import { PanelElement } from '../ui/element';

/** Event: `bring-out` with the id of the curve that is pointed at, or undefined. */
export class KnockoutList extends PanelElement {
  static override properties = { ...PanelElement.properties, show: {} };
  /** Which number stands beside a knockout: its change or the probability, at the chosen layer. */
  declare show: 'change' | 'score';

  override render(): TemplateResult | typeof nothing {
    const { experiment, curves } = this.s;
    if (!experiment) return nothing;
    // The config's list while nothing has run; then what is being computed, which may be a moment behind it.
    const shown =
      curves.length > 0
        ? curves
        : experiment.knockouts.map((k): LiveCurve => ({
            knockout: k,
            id: knockoutId(k),
            label: '',
            scores: [],
            change: [],
          }));
    const looks = looksOf(shown.map((c) => lookName(c.knockout)));
    return html`<ul class="cf-curve-list" aria-label="Knockouts" @pointerleave=${() => this.bringOut(undefined)}>
      ${shown.map((curve, i) => this.item(curve, looks[i]))}
    </ul>`;
  }

  private item(c: LiveCurve, look: number): TemplateResult {
    const { s } = this;
    const experiment = s.experiment!;
    const there = experiment.knockouts.some((k) => knockoutId(k) === c.id);
    const drawn = c.change.length > 0;
    const hidden = s.hidden.includes(c.id);
    const here = this.show === 'change' ? change(c.change[s.layer] ?? NaN) : percent(c.scores[s.layer] ?? NaN);
    const known = c.change.filter((v) => Number.isFinite(v)).length;
    const words = knockoutWords(c.knockout);
    const detail = knockoutDetail(c.knockout, experiment.window) + emptyWords(s, c.knockout);
    return html`<li class=${hidden ? 'cf-hidden-curve' : ''} @pointerenter=${() => this.bringOut(c.id)}>
      <button
        type="button"
        class="cf-curve-name"
        aria-pressed=${hidden ? 'false' : 'true'}
        aria-label="Curve of ${words}${detail === '' ? '' : `, ${detail}`}"
        title=${`${words}. ${hidden ? 'Click to show the curve' : 'Click to hide the curve'}; double-click to see it alone`}
        ?disabled=${!drawn}
        @click=${() => this.toggle(c.id)}
        @dblclick=${() => this.alone(c.id)}
        @focus=${() => this.bringOut(c.id)}
        @blur=${() => this.bringOut(undefined)}
      >
        ${swatch(look)}<span class="cf-edge-name"
          >${words}${detail === '' ? nothing : html` <span class="cf-faint">· ${detail}</span>`}</span
        >
      </button>
      <span class="cf-number" title="At layer ${s.layer}"
        >${known > 0 && known < c.change.length ? html`<span class="cf-faint">${known}/${c.change.length} </span>` : nothing}${here}</span
      >
      ${
        c.knockout.kind === 'prune' || !drawn
          ? nothing
          : html`<vscode-button
              appearance="icon"
              aria-label="Show the effect of ${words} on the picture"
              title="Show the effect on the picture"
              @click=${() => this.store.view({ overlay: `effect:${c.id}` })}
              >${icon('picture')}</vscode-button
            >`
      }
      <vscode-button
        appearance="icon"
        aria-label="Remove ${words}, ${knockoutDetail(c.knockout)}"
        title="Remove from the config"
        ?disabled=${!there || experiment.restricted}
        @click=${() => this.store.post({ type: 'remove-knockout', id: c.id })}
        >${icon('close')}</vscode-button
      >
    </li>`;
  }

  private toggle(id: string): void {
    const { hidden } = this.s;
    this.store.view({ hidden: hidden.includes(id) ? hidden.filter((one) => one !== id) : [...hidden, id] });
  }

  /** Alone, or with all the others again when it is alone already. */
  private alone(id: string): void {
    const others = this.s.curves.map((c) => c.id).filter((one) => one !== id);
    const { hidden } = this.s;
    this.store.view({ hidden: others.every((one) => hidden.includes(one)) ? [] : others });
  }

  private bringOut(id: string | undefined): void {
    this.dispatchEvent(new CustomEvent('bring-out', { detail: id }));
  }
}

/** A cleared set waits for patches; without them there is no curve, and no reason to wait for one. */
function emptyWords(s: PanelState, k: Knockout): string {
  const empty = knockoutSets(k).find((name) => isEmpty(s, name));
  return empty === undefined ? '' : `${empty} is empty, nothing is blocked`;
}
