/** `<cf-plan>`: what a run will need, before there is one. Sizes come at once, times when layers have been measured. */
import { html, nothing, type TemplateResult } from 'lit';
import { size, type RunPlan } from '../../src/protocol/panel';
import { amount, plural, shortDuration } from '../model/words';
import { icon } from '../ui/icons';
import { PanelElement } from '../ui/element';

export class PlanView extends PanelElement {
  override render(): TemplateResult | typeof nothing {
    if (!this.s.plan) return nothing;
    const { plan, measuring } = this.s.plan;
    return html`<h2>What a run will need</h2>
      ${this.verdict(plan)}
      <dl class="cf-facts">
        ${fact('Run', this.work(plan))} ${fact('Weights', this.weights(plan))} ${fact('Memory', this.memory(plan))}
        ${fact('Time', this.time(plan, measuring))} ${fact('Device', plan.device)}
      </dl>`;
  }

  private verdict({ verdict, memory }: RunPlan): TemplateResult {
    const { notes } = verdict;
    return html`
      ${
        verdict.kind === 'refused'
          ? html`<div class="cf-banner cf-error">
              ${icon('error')}<span class="cf-grow"
                >It does not fit: ${verdict.message}.<br /><span class="cf-hint">${verdict.hint}</span></span
              >
            </div>`
          : nothing
      }
      ${
        verdict.kind === 'lowered'
          ? html`<div class="cf-banner">
              ${icon('info')}<span class="cf-grow"
                >A step may take ${size(verdict.budget)} in place of ${size(memory.chunk.asked)} (setting
                crossflow.memoryBudget): more does not fit.</span
              >
            </div>`
          : nothing
      }
      ${notes.map((note) => html`<div class="cf-banner">${icon('info')}<span class="cf-grow">${note}</span></div>`)}
    `;
  }

  private work(plan: RunPlan): string {
    const tokens = `${amount(plan.tokens)} tokens, ${amount(plan.imageTokens)} of them the picture's`;
    const asked =
      plan.of === 'dataset'
        ? `${plural(plan.questions, 'question')} on ${plural(plan.images, 'picture')} (${tokens})`
        : tokens;
    if (plan.knockouts === 0) return asked;
    return `${asked}; ${plural(plan.knockouts, 'knockout')} at each of ${plural(plan.variants / plan.knockouts, 'layer')}`;
  }

  private weights({ memory: { weights } }: RunPlan): string {
    if (weights.how === 'copied') return `${size(weights.anonymous)}, copied when the model is loaded`;
    const own = weights.anonymous > 0 ? `, ${size(weights.anonymous)} of them copied` : '';
    return `${size(weights.mapped)} used where they lie in the files${own}`;
  }

  private memory({ memory: m }: RunPlan): string {
    const { machine } = m;
    const all = machine.limited ? `${size(machine.total)} allowed` : `${size(machine.total)} in this machine`;
    const free = machine.reliable ? `, ${size(machine.available)} free` : '';
    return `at most ${size(m.peak)} of its own, ${size(m.caches)} of it caches; ${all}${free}`;
  }

  private time(plan: RunPlan, measuring: boolean): string {
    const { time } = plan;
    if (!time) return measuring ? 'measuring a layer…' : 'not estimated';
    const { question: q } = time;
    const total = `about ${shortDuration(time.total)}`;
    if (plan.of === 'dataset') return `${total} when every answer is right; others take no knockouts`;
    const clean = shortDuration(q.image + q.prefix + q.question);
    return `${total} (clean run ${clean}, knockouts ${shortDuration(q.knockouts)}); a click then takes ${shortDuration(q.click)}`;
  }
}

const fact = (name: string, value: string): TemplateResult =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
