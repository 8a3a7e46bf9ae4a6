/** What the environment says about the hub, read as the Python package huggingface_hub reads it. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { usage } from '../errors';

type Variables = Readonly<Record<string, string | undefined>>;

export interface HubEnvironment {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** The folder that holds `models--owner--name`. */
  readonly cache: string;
  readonly token?: string;
  /** Nothing may be asked of the network. */
  readonly offline: boolean;
  /** A connection that says nothing for so long is given up. */
  readonly stallMs: number;
}

const ENDPOINT = 'https://huggingface.co';
/** Longer than the 10 s of huggingface_hub: a CDN may take its time for the first byte of a file it has to fetch. */
const STALL_SECONDS = 30;

const isTrue = (value: string | undefined): boolean => /^(1|on|yes|true)$/i.test(value ?? '');

/** `~` and `$NAME`, as in a shell. */
function expand(path: string, variables: Variables): string {
  const named = path.replace(/\$\{(\w+)\}|\$(\w+)/g, (whole, a: string | undefined, b: string | undefined) => {
    return variables[a ?? b ?? ''] ?? whole;
  });
  return named.replace(/^~(?=$|[\\/])/, homedir());
}

/** $HF_HOME, else `huggingface` in the user's cache folder. */
function home(variables: Variables): string {
  const { HF_HOME, XDG_CACHE_HOME } = variables;
  return expand(HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface'), variables);
}

/** Where models are kept: $HF_HUB_CACHE, else `hub` in $HF_HOME. */
export function cacheFolder(variables: Variables = process.env): string {
  const own = variables.HF_HUB_CACHE || variables.HUGGINGFACE_HUB_CACHE;
  return own ? expand(own, variables) : join(home(variables), 'hub');
}

/** @throws CrossflowError `usage` when HF_ENDPOINT is no address */
export async function hubEnvironment(variables: Variables = process.env): Promise<HubEnvironment> {
  const endpoint = (variables.HF_ENDPOINT || ENDPOINT).trim().replace(/\/+$/, '');
  if (!/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : '')) {
    throw usage(`HF_ENDPOINT is "${endpoint}", which is no address`, undefined, `e.g. ${ENDPOINT}`);
  }
  const token = await readToken(variables);
  const seconds = Number(variables.HF_HUB_DOWNLOAD_TIMEOUT);
  return {
    endpoint,
    cache: cacheFolder(variables),
    ...(token !== undefined && { token }),
    offline: isTrue(variables.HF_HUB_OFFLINE || variables.TRANSFORMERS_OFFLINE),
    stallMs: 1000 * (seconds > 0 ? seconds : STALL_SECONDS),
  };
}

/** $HF_TOKEN, else the file that `hf auth login` writes. */
async function readToken(variables: Variables): Promise<string | undefined> {
  if (isTrue(variables.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  const own = (variables.HF_TOKEN || variables.HUGGING_FACE_HUB_TOKEN)?.trim();
  const file = expand(variables.HF_TOKEN_PATH || join(home(variables), 'token'), variables);
  const token = own || (await readFile(file, 'utf8').catch(() => '')).trim();
  if (token === '') return undefined;
  // A header can carry nothing else; the value itself must not end up in a message.
  if (!/^[\x21-\x7e]+$/.test(token)) throw usage(`${own ? 'HF_TOKEN' : file} holds no token`);
  return token;
}
