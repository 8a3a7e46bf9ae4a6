/** `<cf-header>`: the question, the answer, what runs it. Its height does not change while a run goes on. */
import { html, nothing, type TemplateResult } from 'lit';
import { isOpen } from '../model/layout';
import { canEdit, isStale } from '../model/state';
import { parameters, percent, plural, tokenText } from '../model/words';
import { icon } from '../ui/icons';
import { nameField } from '../ui/name-field';
import { PanelElement } from '../ui/element';
import { busyTemplate } from '../ui/status';

export class Header extends PanelElement {
  private editing = false;

  override render(): TemplateResult {
    const { s } = this;
    const { experiment } = s;
    const question = experiment?.question || experiment?.title || 'Crossflow';
    const open = isOpen(s.layout, 'details', false);
    return html`<div class="cf-head-line">
        ${
          this.editing
            ? this.editor()
            : html`<h1 class=${open ? '' : 'cf-clamped'} title=${question}>${question}</h1>
                ${canEdit(s) ? html`<vscode-button appearance="icon" aria-label="Edit the question" title="Edit the question" @click=${this.edit}>${icon('edit')}</vscode-button>` : nothing}`
        }
      </div>
      ${
        s.example && !experiment?.isDataset
          ? html`<div class="cf-answer-line">
                ${this.answer()} ${this.busy()}
                <button
                  type="button"
                  class="cf-more"
                  aria-expanded=${open ? 'true' : 'false'}
                  aria-controls="cf-head-details"
                  @click=${() => this.store.open('details', !open)}
                >
                  Details${icon('chevron')}
                </button>
              </div>
              <div id="cf-head-details" class="cf-head-details" ?hidden=${!open}>
                ${this.best()} ${this.modelLine()}
              </div>`
          : this.modelLine()
      }`;
  }

  private editor(): TemplateResult {
    return html`<vscode-text-field
        class="cf-question"
        .value=${this.s.experiment?.question ?? ''}
        @keydown=${(e: KeyboardEvent) => {
          e.stopPropagation();
          if (e.key !== 'Enter' && e.key !== 'Escape') return;
          // The focus moves to the edit button, which the rest of this very key press must not click.
          e.preventDefault();
          this.done(e.key === 'Enter');
        }}
      ></vscode-text-field>
      <vscode-button class="cf-small" @click=${() => this.done(true)}>Ask</vscode-button>
      <vscode-button class="cf-small" appearance="secondary" @click=${() => this.done(false)}>Cancel</vscode-button>`;
  }

  private async edit(): Promise<void> {
    this.editing = true;
    this.requestUpdate();
    await this.updateComplete;
    nameField(this, 'vscode-text-field', 'Question');
    // The control makes its inner field a moment later.
    requestAnimationFrame(() => this.querySelector<HTMLElement>('vscode-text-field')?.focus());
  }

  private done(send: boolean): void {
    const question = this.querySelector<HTMLInputElement>('vscode-text-field')?.value.trim() ?? '';
    if (send && question !== '' && question !== this.s.experiment?.question)
      this.store.post({ type: 'set-question', question });
    this.editing = false;
    this.requestUpdate();
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('vscode-button')?.focus());
  }

  private answer(): TemplateResult {
    const { clean, experiment, status } = this.s;
    // An answer stands under its own question only; the line keeps its place meanwhile.
    if (isStale(this.s))
      return html`<p class="cf-answer cf-note">What is shown below belongs to what was asked before.</p>`;
    if (!clean)
      return html`<p class="cf-answer cf-note">
        ${status.kind === 'busy' ? 'The answer is on its way…' : 'No answer yet.'}
      </p>`;
    const { answer } = clean;
    const gold = experiment?.gold;
    return html`<div class="cf-answer" role="group" aria-label="Answer">
      <span class="cf-answer-text" title=${answer.text.trim()}>${answer.text.trim() || tokenText(answer.text)}</span>
      <span class="cf-number" title="Probability of the answer's first token">${percent(answer.probability)}</span>
      ${answer.correct === undefined || gold === undefined ? nothing : html`<span class="cf-verdict ${answer.correct ? 'cf-good' : 'cf-bad'}">${icon(answer.correct ? 'check' : 'cross')}<span title=${gold}>${answer.correct ? 'right' : 'wrong'}, gold: ${gold}</span></span>`}
    </div>`;
  }

  /** A run says how far it is beside the answer, in room that is always there: nothing moves under the pointer. */
  private busy(): TemplateResult | typeof nothing {
    const { status } = this.s;
    if (status.kind !== 'busy') return nothing;
    return busyTemplate(status, () => this.store.post({ type: 'cancel' }));
  }

  private best(): TemplateResult | typeof nothing {
    const { clean } = this.s;
    if (!clean || isStale(this.s)) return nothing;
    return html`<div class="cf-best">
      <span>Most probable first tokens</span>
      <ol class="cf-top" aria-label="Five most probable first tokens">
        ${clean.top.map((c) => html`<li><span class="cf-word">${tokenText(c.text)}</span> ${percent(c.probability)}</li>`)}
      </ol>
    </div>`;
  }

  private modelLine(): TemplateResult | typeof nothing {
    const { model, example, experiment } = this.s;
    if (!model) return experiment ? html`<p class="cf-note">${experiment.model}</p>` : nothing;
    const tokens = example ? `, ${plural(example.tokens.length, 'token')} (${example.imageTokens} of the image)` : '';
    return html`<p class="cf-note cf-model" title=${model.directory}>
      ${experiment?.model ?? model.family} · ${model.family}, ${parameters(model.parameters)} parameters,
      ${plural(model.layers, 'layer')},
      ${plural(model.heads, 'head')}${model.kvHeads === model.heads ? '' : ` (${model.kvHeads} for keys)`},
      ${model.dtype}${tokens}${model.device ? `, on ${model.device}` : ''}
    </p>`;
  }
}
