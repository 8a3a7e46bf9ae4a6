/** Requests to the hub for one model: redirects, the token, and connections that say nothing. */
import { cancelled, failed } from '../errors';
import type { HubEnvironment } from './environment';
import type { HubId } from './id';
import { broken, refusal, unreachable } from './refusals';
import { Transient, withRetries } from './retry';

const MOST_HOPS = 8;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Lists, indices and configs are far smaller. */
export const WHOLE_LIMIT = 64 * 2 ** 20;
/** What is asked before the user is: someone waits, so a server that is down is said soon. */
const TRIES = 3;
export const FIRST_PAUSE_MS = 500;

export interface ClientOptions {
  readonly signal?: AbortSignal;
  /** Before the second try of anything, in ms. */
  readonly pauseMs?: number;
  /** In place of the global one, e.g. through a proxy. */
  readonly fetch?: typeof fetch;
}

/** An answer whose body is still to be read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Throws like `HubClient.open` when the connection breaks off or says nothing for too long. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Gives up a body of which nothing was read: the connection is not held until it stalls. */
  close(): Promise<void>;
}

export class HubClient {
  constructor(
    readonly id: HubId,
    readonly environment: HubEnvironment,
    readonly options: ClientOptions = {},
  ) {}

  get #origin(): string {
    return new URL(this.environment.endpoint).origin;
  }

  /** For @huggingface/hub: an answer read as a whole, tried again where that may help. */
  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = input instanceof Request ? input.url : String(input);
    const { bytes, headers } = await this.whole(url, Object.fromEntries(new Headers(init.headers)));
    return new Response(bytes, { headers });
  };

  /** @throws CrossflowError `usage` or `failed` for what will not work the next time either */
  async whole(
    url: string,
    headers: Readonly<Record<string, string>> = {},
    limit = WHOLE_LIMIT,
  ): Promise<{ bytes: Buffer<ArrayBuffer>; headers: Headers }> {
    const { signal, pauseMs = FIRST_PAUSE_MS } = this.options;
    const once = async (): Promise<{ bytes: Buffer<ArrayBuffer>; headers: Headers }> => {
      const answer = await this.open(url, headers);
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of answer.chunks) {
        parts.push(chunk);
        if ((size += chunk.length) > limit) throw failed(`${new URL(url).host} sends more than it should`);
      }
      return { bytes: Buffer.concat(parts), headers: answer.headers };
    };
    try {
      return await withRetries(once, { tries: TRIES, pauseMs, ...(signal && { signal }) });
    } catch (e) {
      throw e instanceof Transient ? unreachable(e, this.environment) : e;
    }
  }

  /** Asks once. 416 is an answer too: a range that the file has not. @throws Transient, CrossflowError */
  async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const watch = new Watch(this.environment.stallMs, this.options.signal);
    try {
      const { response, at } = await this.#follow(url, headers, watch);
      if (response.ok || response.status === 416) {
        const close = async (): Promise<void> => {
          watch.stop();
          await response.body?.cancel();
        };
        return { status: response.status, headers: response.headers, chunks: watch.read(response), close };
      }
      await response.body?.cancel();
      const refused = refusal(response, this.id, this.environment);
      if (at.origin === this.#origin || refused instanceof Transient) throw refused;
      // What a CDN refuses is an address that has run out; the hub gives a new one.
      throw new Transient(`${at.host} answered ${response.status}`);
    } catch (e) {
      watch.stop();
      throw watch.explain(e, false);
    }
  }

  /** By hand, since the token is for the hub alone: neither for the CDN it sends us to, nor for a plain connection. */
  async #follow(
    url: string,
    headers: Readonly<Record<string, string>>,
    watch: Watch,
  ): Promise<{ response: Response; at: URL }> {
    const { token } = this.environment;
    let at = new URL(url);
    for (let hop = 0; hop <= MOST_HOPS; hop++) {
      const sent = new Headers({ ...headers, 'user-agent': 'crossflow' });
      // A compressed body has no ranges.
      sent.set('accept-encoding', 'identity');
      sent.delete('authorization');
      if (token !== undefined && at.origin === this.#origin) sent.set('authorization', `Bearer ${token}`);
      const response = await (this.options.fetch ?? fetch)(at, {
        headers: sent,
        redirect: 'manual',
        signal: watch.signal,
      });
      watch.touch();
      const location = response.headers.get('location');
      if (!REDIRECTS.has(response.status) || location === null) return { response, at };
      await response.body?.cancel();
      if (!URL.canParse(location, at.href)) throw failed(`${at.host} leads to no address`);
      const next = new URL(location, at);
      if (next.protocol !== 'https:' && next.protocol !== at.protocol) {
        throw failed(`${at.host} leads from https to ${next.protocol}//${next.host}, which is not followed`);
      }
      at = next;
    }
    throw failed(`${new URL(url).host} leads in a circle`);
  }
}

/** Ends a request when its user wants so, or when nothing has arrived for too long. */
class Watch {
  readonly #stalled = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly signal: AbortSignal;

  constructor(
    private readonly stallMs: number,
    private readonly user: AbortSignal | undefined,
  ) {
    this.#timer = setTimeout(() => this.#stalled.abort(), stallMs);
    this.signal = user ? AbortSignal.any([user, this.#stalled.signal]) : this.#stalled.signal;
  }

  touch(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async *read(response: Response): AsyncGenerator<Uint8Array> {
    let progressed = false;
    try {
      if (response.body === null) return;
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        this.touch();
        yield chunk;
        progressed = true;
        // Writing to a slow disk is not the server's silence.
        this.touch();
      }
    } catch (e) {
      throw this.explain(e, progressed);
    } finally {
      this.stop();
    }
  }

  explain(e: unknown, progressed: boolean): Error {
    if (this.user?.aborted) return cancelled();
    if (this.#stalled.signal.aborted) {
      return new Transient(`nothing arrived for ${Math.round(this.stallMs / 1000)} s`, { progressed });
    }
    return broken(e, progressed);
  }
}
