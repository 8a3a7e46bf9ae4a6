/** What goes on, for panel and results view alike: busy with progress, cancelled, failed. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PanelStatus } from '../../src/protocol/panel';
import { duration } from '../model/words';
import { icon } from './icons';

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export interface StatusActions {
  cancel(): void;
  run(): void;
  restart(): void;
  output?(): void;
}

const RUNNING = 'Running';
const DONE = 'Done';

/**
 * That a run began or is done, for a screen reader, which must not hear each step; any other end speaks for itself (its
 * banner is an alert). `before`: what it was last told.
 */
export function spokenStatus(status: PanelStatus, before: string): string {
  if (status.kind === 'busy') return RUNNING;
  return status.kind === 'idle' && before !== '' ? DONE : '';
}

export function statusTemplate(status: PanelStatus, act: StatusActions): TemplateResult | typeof nothing {
  switch (status.kind) {
    case 'idle':
      return nothing;
    case 'busy':
      return busyTemplate(status, act.cancel);
    case 'cancelled':
      return html`<div class="cf-status cf-banner" role="alert">
        ${icon('info')}<span class="cf-grow">Cancelled. What was computed stays.</span>
        <vscode-button class="cf-small" appearance="secondary" @click=${act.run}>Run</vscode-button>
      </div>`;
    case 'error':
      return html`<div class="cf-status cf-banner cf-error" role="alert">
        ${icon('error')}<span class="cf-grow"
          >${status.message}${status.hint ? html`<br /><span class="cf-hint">${status.hint}</span>` : nothing}</span
        >
        ${act.output ? html`<vscode-button class="cf-small" appearance="secondary" @click=${act.output}>Output</vscode-button>` : nothing}
        <vscode-button class="cf-small" @click=${act.run}>Try again</vscode-button>
      </div>`;
    case 'engine-down':
      return html`<div class="cf-status cf-banner cf-error" role="alert">
        ${icon('error')}<span class="cf-grow">${sentence(status.message)}. What was computed stays on the screen.</span>
        ${act.output ? html`<vscode-button class="cf-small" appearance="secondary" @click=${act.output}>Output</vscode-button>` : nothing}
        <vscode-button class="cf-small" @click=${act.restart}>Restart the engine</vscode-button>
      </div>`;
  }
}

/** What is being done, how far it is, and a way to end it. */
export function busyTemplate(status: Extract<PanelStatus, { kind: 'busy' }>, cancel: () => void): TemplateResult {
  const known = status.fraction !== undefined && Number.isFinite(status.fraction);
  const part = known ? Math.min(1, Math.max(0, status.fraction)) : 0;
  return html`<div class="cf-status cf-busy">
    <div class="cf-status-line">
      <span class="cf-grow"
        >${status.what}<span class="cf-faint"
          >${known ? ` · ${Math.round(part * 100)} %` : ''}${status.secondsLeft === undefined ? '' : ` · about ${duration(status.secondsLeft)} left`}</span
        ></span
      >
      ${status.cancellable ? html`<vscode-button class="cf-small" appearance="secondary" @click=${cancel}>Cancel</vscode-button>` : nothing}
    </div>
    <div
      class="cf-progress ${known ? '' : 'cf-unknown'}"
      role="progressbar"
      aria-label=${status.what}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${known ? Math.round(part * 100) : nothing}
    >
      <div class="cf-progress-bar" .style=${`width: ${known ? part * 100 : 30}%`}></div>
    </div>
  </div>`;
}
