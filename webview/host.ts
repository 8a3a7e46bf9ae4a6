/** The panel's end of the wire: typed messages out, requests that are answered, saved state. */
import type {
  HostToPanel,
  HostToResults,
  Outcome,
  PanelRequests,
  PanelSavedState,
  PanelToHost,
  RequestName,
  ResultsToHost,
} from '../src/protocol/panel';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** A request that the host answered with a failure. */
class RequestFailed extends Error {
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

interface Pending {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

export class PanelHost {
  private readonly api = acquireVsCodeApi();
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;

  /** Every message but replies, which settle their request. */
  listen(receive: (message: HostToPanel) => void): void {
    window.addEventListener('message', (event: MessageEvent<HostToPanel>) => {
      const message = event.data;
      if (typeof message !== 'object' || message === null || typeof message.type !== 'string') return;
      if (message.type === 'reply') this.settle(message.id, message.outcome);
      else receive(message);
    });
  }

  post(message: PanelToHost): void {
    this.api.postMessage(message);
  }

  /** Aborted, it never settles and costs the engine nothing more. */
  request<K extends RequestName>(
    name: K,
    params: PanelRequests[K]['params'],
    signal?: AbortSignal,
  ): Promise<PanelRequests[K]['result']> {
    const id = this.nextId++;
    const abort = (): void => {
      if (this.pending.delete(id)) this.api.postMessage({ type: 'cancel-request', id });
    };
    signal?.addEventListener('abort', abort, { once: true });
    return new Promise<PanelRequests[K]['result']>((resolve, reject) => {
      this.pending.set(id, { resolve: (value) => resolve(value as PanelRequests[K]['result']), reject });
      this.api.postMessage({ type: 'request', id, name, params });
    });
  }

  /** What was saved for this very config, if anything. */
  load(uri: string): PanelSavedState | undefined {
    const state = this.api.getState() as PanelSavedState | undefined;
    return state && state.uri === uri ? state : undefined;
  }

  save(state: PanelSavedState): void {
    this.api.setState(state);
  }

  private settle(id: number, outcome: Outcome): void {
    const waiting = this.pending.get(id);
    this.pending.delete(id);
    if (outcome.ok) waiting?.resolve(outcome.value);
    else waiting?.reject(new RequestFailed(outcome.message, outcome.hint));
  }
}

/** The results view's end: no requests, only messages. */
export function resultsHost(receive: (message: HostToResults) => void, uri: string): (message: ResultsToHost) => void {
  const api = acquireVsCodeApi();
  // After a window reload the host learns from this which config the view belongs to.
  api.setState({ uri });
  window.addEventListener('message', (event: MessageEvent<HostToResults>) => {
    if (typeof event.data?.type === 'string') receive(event.data);
  });
  return (message) => api.postMessage(message);
}
