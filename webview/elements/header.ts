/** `<cf-header>`: the question, the answer, what runs it. */
import { html, nothing, type TemplateResult } from 'lit';
import { canEdit, isStale } from '../model/state';
import { parameters, percent, plural, tokenText } from '../model/words';
import { icon } from '../ui/icons';
import { nameField } from '../ui/name-field';
import { PanelElement } from '../ui/element';

export class Header extends PanelElement {
  private editing = false;
  /** Height of the last answer, in CSS pixels. */
  private room = 0;

  override render(): TemplateResult {
    const { experiment } = this.s;
    return html`<div class="cf-head-line">
        ${
          this.editing
            ? this.editor()
            : html`<h1>${experiment?.question || experiment?.title || 'Crossflow'}</h1>
                ${canEdit(this.s) ? html`<vscode-button appearance="icon" aria-label="Edit the question" title="Edit the question" @click=${this.edit}>${icon('edit')}</vscode-button>` : nothing}`
        }
      </div>
      ${this.answer()} ${this.modelLine()}`;
  }

  /** Words in place of an answer take its room: the picture below must not move under the pointer. */
  override updated(): void {
    const answer = this.querySelector<HTMLElement>('.cf-answer');
    if (!answer) return;
    const waiting = answer.classList.contains('cf-note');
    answer.style.minHeight = waiting ? `${this.room}px` : '';
    if (!waiting) this.room = answer.offsetHeight;
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

  private answer(): TemplateResult | typeof nothing {
    const { clean, example, experiment, status } = this.s;
    // An answer stands under its own question only; the line keeps its place meanwhile.
    if (isStale(this.s))
      return html`<p class="cf-answer cf-note">What is shown below belongs to what was asked before.</p>`;
    if (!clean)
      return example && !experiment?.isDataset
        ? html`<p class="cf-answer cf-note">
            ${status.kind === 'busy' ? 'The answer is on its way…' : 'No answer yet.'}
          </p>`
        : nothing;
    const { answer, top } = clean;
    const gold = experiment?.gold;
    return html`<div class="cf-answer" role="group" aria-label="Answer">
      <span class="cf-answer-text">${answer.text.trim() || tokenText(answer.text)}</span>
      <span class="cf-number" title="Probability of the answer's first token">${percent(answer.probability)}</span>
      ${answer.correct === undefined || gold === undefined ? nothing : html`<span class=${answer.correct ? 'cf-good' : 'cf-bad'}>${icon(answer.correct ? 'check' : 'cross')}${answer.correct ? 'right' : 'wrong'}, gold: ${gold}</span>`}
      <ol class="cf-top" aria-label="Five most probable first tokens">
        ${top.map((c) => html`<li><span class="cf-word">${tokenText(c.text)}</span> ${percent(c.probability)}</li>`)}
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
