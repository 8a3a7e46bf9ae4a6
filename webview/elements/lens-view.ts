/** `<cf-lens>`: what the last position says after every layer. */
import { html, nothing, type TemplateResult } from 'lit';
import type { LensNorm, LensResult } from '../../src/protocol/panel';
import type { Series } from '../charts/line-chart';
import { swatch } from '../charts/legend';
import { percent, tokenText } from '../model/words';
import { PanelElement } from '../ui/element';

export class LensView extends PanelElement {
  norm: LensNorm = 'withNorm';
  private made: { of?: LensResult; norm?: string; series: readonly Series[]; labels: readonly string[] } = {
    series: [],
    labels: [],
  };

  override render(): TemplateResult {
    const { lens, layer } = this.s;
    if (!lens) return html`<p class="cf-note cf-empty-chart">The lens appears when the engine has run.</p>`;
    const { series, labels } = this.build(lens);
    // Row 0 is the embedding; row l + 1 what layer l left behind.
    const row = layer + 1;
    const top = lens.top[Math.min(row, lens.top.length - 1)] ?? [];
    return html` <div class="cf-bar cf-wrap">
        <vscode-radio-group class="cf-choice" aria-label="Lens reads the residual" @change=${this.pick}>
          <vscode-radio value="withNorm" ?checked=${this.norm === 'withNorm'}>With final norm</vscode-radio>
          <vscode-radio value="withoutNorm" ?checked=${this.norm === 'withoutNorm'}>Without</vscode-radio>
        </vscode-radio-group>
      </div>
      <cf-chart
        .series=${series}
        .labels=${labels}
        .chosen=${row}
        unit="probability"
        xTitle="after layer"
        .floor=${0}
        .ceiling=${1}
        .format=${percent}
        label="Logit lens at the last position, probability by layer: ${series.map((s) => s.name).join(', ')}. The table below has the numbers."
        @point=${(e: CustomEvent<number>) => this.store.view({ layer: Math.max(0, e.detail - 1), playing: false })}
      ></cf-chart>
      <ul class="cf-curve-list cf-inline" aria-label="Words">
        ${series.map((s, i) => html`<li>${swatch(i)}<span>${s.name}</span> <span class="cf-number">${percent(s.values[row] ?? NaN)}</span></li>`)}
      </ul>
      <p class="cf-legend">
        Logit lens at the last position: each layer's residual through
        ${this.norm === 'withNorm' ? 'the final norm and ' : ''}the output matrix; the last row is after the final norm.
        Five best after layer ${layer}${layer + 2 === labels.length ? ' (final)' : ''}, with norm:
        ${top.map((c, i) => html`${i > 0 ? ', ' : ''}<span class="cf-word">${tokenText(c.text)}</span> ${percent(c.probability)}`)}.
      </p>
      ${
        series.length === 0
          ? nothing
          : html`<details class="cf-details">
              <summary>Table of the lens</summary>
              <div class="cf-scroll-x" tabindex="0" role="region" aria-label="Numbers of the lens">
                <table class="cf-table">
                  <thead>
                    <tr>
                      <th scope="col">After layer</th>
                      ${series.map((s) => html`<th scope="col" class="cf-right">${s.name}</th>`)}
                      <th scope="col">Best</th>
                    </tr>
                  </thead>
                  <tbody>
                    ${labels.map(
                      (label, r) =>
                        html`<tr class=${r === row ? 'cf-now' : ''}>
                          <th scope="row">${label}</th>
                          ${series.map((s) => html`<td class="cf-right">${percent(s.values[r] ?? NaN)}</td>`)}
                          <td>
                            ${lens.top[r]?.[0] ? html`<span class="cf-word">${tokenText(lens.top[r][0].text)}</span> ${percent(lens.top[r][0].probability)}` : nothing}
                          </td>
                        </tr>`,
                    )}
                  </tbody>
                </table>
              </div>
            </details>`
      }`;
  }

  private build(lens: LensResult): { series: readonly Series[]; labels: readonly string[] } {
    if (this.made.of !== lens || this.made.norm !== this.norm) {
      const rows = Math.max(lens.top.length, ...Object.values(lens[this.norm]).map((v) => v.length));
      this.made = {
        of: lens,
        norm: this.norm,
        series: Object.entries(lens[this.norm]).map(([word, values]) => ({ name: this.nameOf(word), values })),
        labels: Array.from({ length: rows }, (_, r) => (r === 0 ? 'emb' : String(r - 1))),
      };
    }
    return this.made;
  }

  /** Gold answer and options need no explanation; a word that is there for being the model's answer does. */
  private nameOf(word: string): string {
    const { clean, experiment } = this.s;
    const own = clean?.answer.text.trim() === word;
    const asked = [experiment?.gold, ...(experiment?.options ?? [])].map((text) => text?.trim().toLowerCase());
    return own && !asked.includes(word.toLowerCase()) ? `${tokenText(word)} (the answer)` : tokenText(word);
  }

  private pick(e: Event): void {
    const { value } = e.target as HTMLInputElement;
    if (value !== 'withNorm' && value !== 'withoutNorm') return;
    this.norm = value;
    this.requestUpdate();
  }
}
