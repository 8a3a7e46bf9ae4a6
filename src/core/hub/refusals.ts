/** What the hub, the network or the disk said, in words that help. */
import { CrossflowError, failed, usage } from '../errors';
import type { HubEnvironment } from './environment';
import { idText, type HubId } from './id';
import { Transient } from './retry';

const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);
const CERTIFICATE = /CERT|SIGNATURE|ERR_TLS|ERR_SSL/;

/** Of an answer that is no success. */
export function refusal(response: Response, id: HubId, { endpoint, token }: HubEnvironment): Error {
  const { status, headers } = response;
  const code = headers.get('x-error-code') ?? '';
  const page = `${endpoint}/${id.name}`;
  if (TRANSIENT.has(status)) return busy(status, headers.get('retry-after'));
  if (code === 'RevisionNotFound') {
    return usage(`${id.name} has no revision "${id.revision ?? 'main'}"`, undefined, `see ${page}/branches`);
  }
  if (code === 'GatedRepo' || (status === 403 && code !== 'RepoNotFound')) {
    const how = token === undefined ? 'set HF_TOKEN to a token of your account' : 'your token has no access yet';
    return failed(`${id.name} is gated: its owner asks for consent first`, undefined, `give it at ${page}, and ${how}`);
  }
  if (code === 'EntryNotFound') return failed(`${idText(id)} lacks a file that its list names`, page);
  if (status === 401 || status === 404) {
    const how =
      token === undefined
        ? 'check the spelling; for a private model set HF_TOKEN'
        : status === 401
          ? 'check the spelling, and whether your token still holds and may read it'
          : 'check the spelling, and whether your token may read it';
    return usage(`there is no model ${id.name} at ${endpoint}, or it is private`, undefined, how);
  }
  return failed(`${endpoint} answered ${status} when asked for ${idText(id)}`);
}

function busy(status: number, after: string | null): Transient {
  const seconds = Number(after);
  return new Transient(status === 429 ? 'too many requests (429)' : `the server has trouble (${status})`, {
    ...(after !== null && seconds > 0 && { waitMs: seconds * 1000 }),
  });
}

/** Of a request or a body that broke off. @throws nothing; gives what is to be thrown */
export function broken(e: unknown, progressed: boolean): Error {
  if (e instanceof CrossflowError || e instanceof Transient) return e;
  const code = codeOf(e);
  const what = WORDS[code] ?? (code || (e instanceof Error ? e.message : String(e)));
  if (CERTIFICATE.test(code)) {
    return failed(`the server cannot be trusted: ${what}`, undefined, 'NODE_EXTRA_CA_CERTS names further certificates');
  }
  return new Transient(what, { progressed });
}

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known (ENOTFOUND)',
  EAI_AGAIN: 'its name cannot be looked up (EAI_AGAIN)',
  ECONNREFUSED: 'it refuses connections (ECONNREFUSED)',
  ECONNRESET: 'the connection was lost (ECONNRESET)',
  UND_ERR_SOCKET: 'the connection was lost',
};

/** fetch hides the system's code in a chain of causes; an aggregate tried several addresses. */
function codeOf(e: unknown): string {
  for (let at = e as { code?: unknown; cause?: unknown; errors?: unknown[] } | undefined; at;) {
    if (typeof at.code === 'string' && at.code !== 'UND_ERR_ABORTED') return at.code;
    at = (at.cause ?? at.errors?.[0]) as typeof at;
  }
  return '';
}

/** After the last try. */
export function unreachable(e: Transient, { endpoint }: HubEnvironment): CrossflowError {
  const how = 'HF_ENDPOINT names another server, HTTPS_PROXY a proxy; with HF_HUB_OFFLINE=1 nothing is asked';
  return failed(`${endpoint} cannot be reached: ${e.message}`, undefined, how);
}

/** Of a file or folder that cannot be written. */
export function unwritable(e: unknown, path: string): unknown {
  const { code } = e as NodeJS.ErrnoException;
  if (e instanceof CrossflowError || typeof code !== 'string') return e;
  const reason =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'the disk is full'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'no permission to write there'
        : code;
  return failed(`cannot be written: ${reason}`, path, 'HF_HUB_CACHE names another folder for models');
}
