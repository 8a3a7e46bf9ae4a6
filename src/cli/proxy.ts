/** Requests through the proxy that the environment names. Node's own fetch asks nobody (as of version 20). */

import type * as Undici from 'undici';

const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];

/** `fetch` by HTTPS_PROXY, HTTP_PROXY and NO_PROXY; undefined where there is no proxy. */
export async function proxiedFetch(): Promise<typeof fetch | undefined> {
  if (!VARIABLES.some((name) => process.env[name])) return undefined;
  // Of a CommonJS package a bundle's import() gives the default alone, whose type lacks the agent.
  const undici = (await import('undici')).default as unknown as typeof Undici;
  const dispatcher = new undici.EnvHttpProxyAgent();
  // The package is what Node has inside; only its types have other names.
  return ((url: string | URL, init: RequestInit) =>
    undici.fetch(url, { ...(init as Undici.RequestInit), dispatcher })) as unknown as typeof fetch;
}
