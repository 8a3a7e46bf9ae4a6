/** `<cf-curves>`: one curve per knockout, their legend, and the knockouts themselves. */
import { html, nothing, type TemplateResult } from 'lit';
import type { CheckResult, Knockout } from '../../src/protocol/panel';
import { knockoutId, knockoutSets } from '../../src/protocol/panel';
import type { Series } from '../charts/line-chart';
import { swatch } from '../charts/legend';
import { lookName, looksOf } from '../charts/looks';
import { canEdit, isEmpty, layersOf, type LiveCurve, type PanelState } from '../model/state';
import { change, duration, knockoutDetail, knockoutWords, percent, plural } from '../model/words';
import { icon } from '../ui/icons';
import { PanelElement } from '../ui/element';

type Checked =
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly result: CheckResult }
  | { readonly kind: 'failed'; readonly message: string };

export class CurvesView extends PanelElement {
  private show: 'change' | 'score' = 'change';
  private from = 'Image';
  private to = 'Last';
  private checked: Checked | undefined;
  private checkedCurves: readonly LiveCurve[] | undefined;
  private series: { of?: readonly LiveCurve[]; show?: string; list: readonly Series[] } = { list: [] };
  private axis: { layers: number; labels: readonly string[] } = { layers: 0, labels: [] };

  override render(): TemplateResult {
    const { s } = this;
    const list = this.seriesNow();
    const none = s.curves.length === 0;
    return html` <div class="cf-bar cf-wrap">
        <vscode-radio-group class="cf-choice" aria-label="Curves show" @change=${this.pickShow}>
          <vscode-radio value="change" ?checked=${this.show === 'change'}>Change</vscode-radio>
          <vscode-radio value="score" ?checked=${this.show === 'score'}>Probability</vscode-radio>
        </vscode-radio-group>
        <span class="cf-grow"></span>
        ${this.windowField()}
        <vscode-button
          appearance="secondary"
          class="cf-small"
          title="Runs every variant the plain way too, the whole sequence each time, and compares"
          ?disabled=${none || !this.store.canAsk || s.status.kind === 'busy' || this.checked?.kind === 'running'}
          @click=${this.check}
          >Check</vscode-button
        >
      </div>
      ${
        none
          ? html`<p class="cf-note cf-empty-chart">
              ${s.experiment && s.experiment.knockouts.length === 0 ? 'No knockouts yet. Choose a source and a target below, click patches in the picture, or click an edge in the token flow.' : 'Curves appear when the engine has run.'}
            </p>`
          : html`<cf-chart
              .series=${list}
              .labels=${this.labelsNow()}
              .chosen=${s.layer}
              unit=${this.show === 'change' ? 'change in probability (%)' : 'probability of the answer'}
              xTitle="centre layer"
              label=${this.chartLabel()}
              .floor=${this.show === 'change' ? -10 : 0}
              .ceiling=${this.show === 'change' ? 5 : 1}
              .format=${this.show === 'change' ? change : percent}
              @point=${(e: CustomEvent<number>) => this.store.view({ layer: e.detail, playing: false })}
            ></cf-chart>`
      }
      ${this.legend()} ${this.adder()} ${this.checkWords()}
      ${
        none
          ? nothing
          : html`<details class="cf-details">
              <summary>Table of ${plural(s.curves.length, 'curve')}</summary>
              ${this.table()}
            </details>`
      }`;
  }

  private seriesNow(): readonly Series[] {
    const { curves } = this.s;
    if (this.series.of !== curves || this.series.show !== this.show) {
      const looks = looksOf(curves.map((c) => lookName(c.knockout)));
      this.series = {
        of: curves,
        show: this.show,
        list: curves.map((c, i) => ({
          name: knockoutWords(c.knockout),
          detail: knockoutDetail(c.knockout),
          values: this.show === 'change' ? c.change : c.scores,
          look: looks[i],
        })),
      };
    }
    return this.series.list;
  }

  /** The same list as long as the model is: a new one would lay the chart out again. */
  private labelsNow(): readonly string[] {
    const layers = layersOf(this.s);
    if (this.axis.layers !== layers)
      this.axis = { layers, labels: Array.from({ length: layers }, (_, l) => String(l)) };
    return this.axis.labels;
  }

  private chartLabel(): string {
    const { curves } = this.s;
    return `${this.show === 'change' ? 'Change in probability' : 'Probability'} of the answer by centre layer, ${plural(curves.length, 'curve')}: ${curves.map((c) => knockoutWords(c.knockout)).join(', ')}. The table below has the numbers.`;
  }

  private legend(): TemplateResult | typeof nothing {
    const { s } = this;
    if (!s.experiment) return nothing;
    // The config's list while nothing has run; then what is being computed, which may be a moment behind it.
    const shown =
      s.curves.length > 0
        ? s.curves
        : s.experiment.knockouts.map((k): LiveCurve => ({
            knockout: k,
            id: knockoutId(k),
            label: '',
            scores: [],
            change: [],
          }));
    const looks = looksOf(shown.map((c) => lookName(c.knockout)));
    return html`<ul class="cf-curve-list" aria-label="Knockouts">
      ${shown.map((c, i) => {
        const there = s.experiment!.knockouts.some((k) => knockoutId(k) === c.id);
        const here = this.show === 'change' ? change(c.change[s.layer] ?? NaN) : percent(c.scores[s.layer] ?? NaN);
        const known = c.change.filter((v) => Number.isFinite(v)).length;
        return html`<li>
          ${swatch(looks[i])}<span class="cf-grow cf-edge-name"
            >${knockoutWords(c.knockout)}
            <span class="cf-faint">· ${knockoutDetail(c.knockout)}${emptyWords(s, c.knockout)}</span></span
          >
          <span class="cf-number" title="At layer ${s.layer}"
            >${known > 0 && known < c.change.length ? html`<span class="cf-faint">${known}/${c.change.length} </span>` : nothing}${here}</span
          >
          ${
            c.knockout.kind === 'prune' || c.change.length === 0
              ? nothing
              : html`<vscode-button
                  appearance="icon"
                  aria-label="Show the effect of ${knockoutWords(c.knockout)} on the picture"
                  title="Show the effect on the picture"
                  @click=${() => this.store.view({ overlay: `effect:${c.id}` })}
                  >${icon('eye')}</vscode-button
                >`
          }
          <vscode-button
            appearance="icon"
            aria-label="Remove ${knockoutWords(c.knockout)}, ${knockoutDetail(c.knockout)}"
            title="Remove from the config"
            ?disabled=${!there || s.experiment!.restricted}
            @click=${() => this.store.post({ type: 'remove-knockout', id: c.id })}
            >${icon('close')}</vscode-button
          >
        </li>`;
      })}
    </ul>`;
  }

  private adder(): TemplateResult | typeof nothing {
    const { s } = this;
    if (!canEdit(s) || !s.experiment) return nothing;
    const names = [
      ...new Set([
        ...Object.keys(s.example?.sets ?? {}),
        ...Object.keys(s.experiment.sets),
        'Image',
        'Question',
        'Last',
      ]),
    ];
    const choices = names.map((name) => ({ value: name, label: name }));
    const knockout: Knockout = { kind: 'edge', from: this.from, to: this.to, window: s.experiment.window };
    const there = s.experiment.knockouts.some((k) => knockoutId(k) === knockoutId(knockout));
    return html`<div class="cf-bar cf-wrap" role="group" aria-label="New knockout">
      <label class="cf-field"
        ><span aria-hidden="true">Block</span
        ><cf-select
          label="Source"
          .choices=${choices}
          .value=${this.from}
          @pick=${(e: CustomEvent<string>) => this.choose('from', e.detail)}
        ></cf-select
      ></label>
      <label class="cf-field"
        ><span aria-hidden="true">→</span
        ><cf-select
          label="Target"
          .choices=${choices}
          .value=${this.to}
          @pick=${(e: CustomEvent<string>) => this.choose('to', e.detail)}
        ></cf-select
      ></label>
      <vscode-button
        class="cf-small"
        ?disabled=${there}
        title=${there ? 'This knockout is there already' : 'Adds it to the config'}
        @click=${() => this.store.addKnockout(knockout)}
        >Add</vscode-button
      >
    </div>`;
  }
  private choose(end: 'from' | 'to', name: string): void {
    this[end] = name;
    this.requestUpdate();
  }

  private windowField(): TemplateResult | typeof nothing {
    const { experiment } = this.s;
    if (!experiment) return nothing;
    return html`<label class="cf-field" title="How many layers around the centre layer are blocked"
      ><span>Window</span>
      <input
        class="cf-window"
        type="number"
        min="1"
        max=${Math.max(1, layersOf(this.s))}
        step="1"
        .value=${String(experiment.window)}
        ?disabled=${!canEdit(this.s)}
        @change=${this.setWindow}
    /></label>`;
  }
  private setWindow(e: Event): void {
    const input = e.target as HTMLInputElement;
    const window = Number(input.value);
    const most = layersOf(this.s) || Infinity;
    if (Number.isInteger(window) && window >= 1 && window <= most) this.store.post({ type: 'set-window', window });
    else input.value = String(this.s.experiment?.window ?? 1);
  }

  private pickShow(e: Event): void {
    const { value } = e.target as HTMLInputElement;
    if (value !== 'change' && value !== 'score') return;
    this.show = value;
    this.requestUpdate();
  }

  private async check(): Promise<void> {
    this.checked = { kind: 'running' };
    this.checkedCurves = this.s.curves;
    this.requestUpdate();
    try {
      this.checked = { kind: 'done', result: await this.store.request('check', {}) };
    } catch (e) {
      this.checked = { kind: 'failed', message: e instanceof Error ? e.message : String(e) };
    }
    this.requestUpdate();
  }

  private checkWords(): TemplateResult {
    const { checked } = this;
    // A check speaks of the curves it was made for.
    if (checked?.kind === 'done' && this.checkedCurves !== this.s.curves) this.checked = undefined;
    return html`<div aria-live="polite">
      ${
        checked?.kind === 'running'
          ? html`<p class="cf-note">Checking: every variant as a full pass…</p>`
          : checked?.kind === 'failed'
            ? html`<p class="cf-note cf-bad">The check did not finish: ${checked.message}</p>`
            : checked?.kind === 'done' && this.checked
              ? this.checkResult(checked.result)
              : nothing
      }
    </div>`;
  }
  private checkResult(r: CheckResult): TemplateResult {
    return html`<div class="cf-check">
      <p class=${r.passed ? 'cf-good' : 'cf-bad'}>
        ${icon(r.passed ? 'check' : 'error')} Largest difference ${scientific(r.largestDifference)} (allowed
        ${scientific(r.tolerance)}). By rows ${duration1(r.forkSeconds)}, full passes ${duration1(r.fullSeconds)}.
      </p>
      <ul class="cf-plain">
        ${r.curves.map((c) => html`<li>${c.edge}: ${scientific(c.largestDifference)}</li>`)}
      </ul>
    </div>`;
  }

  private table(): TemplateResult {
    const { curves, layer } = this.s;
    return html`<div class="cf-scroll-x" tabindex="0" role="region" aria-label="Numbers of the curves">
      <table class="cf-table">
        <thead>
          <tr>
            <th scope="col">Centre layer</th>
            ${curves.map((c) => html`<th scope="col" class="cf-right">${knockoutWords(c.knockout)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${this.labelsNow().map(
            (label, l) =>
              html`<tr class=${l === layer ? 'cf-now' : ''}>
                <th scope="row">${label}</th>
                ${curves.map((c) => html`<td class="cf-right">${this.show === 'change' ? change(c.change[l] ?? NaN) : percent(c.scores[l] ?? NaN)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }
}

/** A cleared set waits for patches; without them there is no curve, and no reason to wait for one. */
function emptyWords(s: PanelState, k: Knockout): string {
  const empty = knockoutSets(k).find((name) => isEmpty(s, name));
  return empty === undefined ? '' : ` · ${empty} is empty, nothing is blocked`;
}

const scientific = (v: number): string => (v === 0 ? '0' : v.toExponential(1).replace('-', '−'));
const duration1 = (s: number): string => (s < 10 ? `${s.toFixed(1)} s` : duration(s));
