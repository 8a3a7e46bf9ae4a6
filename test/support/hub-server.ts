/**
 * A server that speaks the protocol of the Hugging Face hub, and one on another port as its CDN: lists, revisions, LFS
 * files by redirect, git files direct, ranges, etags, tokens. Faults are asked for file by file; every request is
 * logged.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface Served {
  readonly name: string;
  readonly bytes: Buffer;
  /** As a hub would name its content; left out: what it is. */
  readonly etag?: string;
  readonly lfs: boolean;
}

/** What a file does the next time it is asked for, once each. */
export type Fault =
  | { readonly kind: 'cut' | 'hang' | 'end'; readonly after: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: 'corrupt' | 'longer' | 'no-range' | 'wrong-range' | 'reset' };

export interface Logged {
  readonly at: 'hub' | 'cdn';
  readonly method: string;
  readonly path: string;
  readonly file?: string;
  readonly range?: string;
  readonly authorization?: string;
  status: number;
  /** Bytes of the body that were handed to the connection. */
  sent: number;
}

interface Repository {
  readonly revisions: Map<string, string>;
  readonly commits: Map<string, readonly Served[]>;
  access: 'open' | 'gated' | 'private';
}

const PIECE = 256 * 1024;
export const TOKEN = 'a-token-of-no-known-form';

export class HubServer {
  readonly log: Logged[] = [];
  /** By file name; applied one after the other. */
  readonly faults = new Map<string, Fault[]>();
  /** Before every request to the API, of any model: the first of these answers is given instead. */
  readonly apiFaults: { readonly status: number; readonly body?: string }[] = [];
  /** Bytes a second of every body; undefined: as fast as it goes. */
  bytesPerSecond: number | undefined;
  pageSize = 1000;
  readonly #repositories = new Map<string, Repository>();
  readonly #hub: Server;
  readonly #cdn: Server;

  private constructor() {
    this.#hub = createServer((request, response) => void this.#answer('hub', request, response));
    this.#cdn = createServer((request, response) => void this.#answer('cdn', request, response));
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const one of [server.#hub, server.#cdn]) {
      one.listen(0, '127.0.0.1');
      await once(one, 'listening');
    }
    return server;
  }

  async stop(): Promise<void> {
    for (const one of [this.#hub, this.#cdn]) {
      one.closeAllConnections();
      await new Promise((done) => one.close(done));
    }
  }

  get endpoint(): string {
    return address(this.#hub);
  }

  /** Adds a commit that `revision` stands at; gives its name. */
  add(
    id: string,
    files: Readonly<Record<string, string | Buffer>>,
    { revision = 'main', access = 'open' }: { revision?: string; access?: Repository['access'] } = {},
  ): string {
    const served = Object.entries(files).map(([name, content]): Served => {
      const bytes = Buffer.from(content);
      return { name, bytes, lfs: /\.(safetensors|bin|model)$/.test(name) };
    });
    const commit = createHash('sha1').update(id).update(revision);
    for (const { name, bytes } of served) commit.update(name).update(bytes);
    const sha = commit.digest('hex');
    const known = this.#repositories.get(id) ?? { revisions: new Map(), commits: new Map(), access };
    known.access = access;
    known.revisions.set(revision, sha);
    known.commits.set(sha, served);
    this.#repositories.set(id, known);
    return sha;
  }

  /** What was asked for since, of one file or of all. */
  asked(file?: string): Logged[] {
    return this.log.filter((entry) => file === undefined || entry.file === file);
  }

  /** Body bytes that left for a file, by server; retries and ranges included. */
  sent(file: string): number {
    return this.asked(file).reduce((sum, entry) => sum + entry.sent, 0);
  }

  reset(): void {
    this.log.length = 0;
    this.faults.clear();
    this.apiFaults.length = 0;
    this.bytesPerSecond = undefined;
    this.pageSize = 1000;
  }

  async #answer(at: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { range, authorization } = request.headers;
    const entry: Logged = {
      at,
      method: request.method ?? '',
      path: url.pathname,
      ...(range !== undefined && { range }),
      ...(authorization !== undefined && { authorization }),
      status: 0,
      sent: 0,
    };
    this.log.push(entry);
    response.on('close', () => (entry.status ||= response.statusCode));
    const [, api, kind, ...rest] = url.pathname.split('/').map(decodeURIComponent);
    if (at === 'cdn') return this.#cdnFile(url, entry, request, response);
    if (api === 'api' && kind === 'models') return this.#api(url, rest, request, response);
    const [owner, name, verb, revision, ...path] = [api, kind, ...rest];
    const repository = this.#repositories.get(`${owner}/${name}`);
    if (verb !== 'resolve' || !repository) return this.#refuse(response, 404, 'RepoNotFound');
    if (!this.#allowed(repository, request, response, true)) return;
    const commit = commitOf(repository, revision ?? '');
    const file = repository.commits.get(commit ?? '')?.find((f) => f.name === path.join('/'));
    if (commit === undefined) return this.#refuse(response, 404, 'RevisionNotFound');
    if (!file) return this.#refuse(response, 404, 'EntryNotFound');
    Object.assign(entry, { file: file.name });
    response.setHeader('x-repo-commit', commit);
    if (!file.lfs) return this.#body(file, entry, request, response);
    const place = `${address(this.#cdn)}/${owner}/${name}/${commit}/${encodeURIComponent(file.name)}?Signature=x`;
    response.setHeader('x-linked-etag', `"${etagOf(file)}"`).setHeader('x-linked-size', String(file.bytes.length));
    response.writeHead(302, { location: place }).end();
  }

  #cdnFile(url: URL, entry: Logged, request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const [, owner, name, commit, file] = url.pathname.split('/').map(decodeURIComponent);
    const served = this.#repositories
      .get(`${owner}/${name}`)
      ?.commits.get(commit ?? '')
      ?.find((f) => f.name === file);
    if (!served || url.searchParams.get('Signature') !== 'x') return void response.writeHead(403).end();
    Object.assign(entry, { file: served.name });
    return this.#body(served, entry, request, response);
  }

  #api(url: URL, [owner, name, verb, revision]: string[], request: IncomingMessage, response: ServerResponse): void {
    const fault = this.apiFaults.shift();
    if (fault) return void response.writeHead(fault.status, { 'retry-after': '0' }).end(fault.body);
    const id = `${owner}/${name}`;
    const repository = this.#repositories.get(id);
    // Whether a model is private or not there is nobody's business: the hub answers both the same way.
    if (!repository) return this.#refuse(response, request.headers.authorization ? 404 : 401, 'RepoNotFound');
    if (!this.#allowed(repository, request, response, false)) return;
    const commit = commitOf(repository, revision ?? '');
    if (commit === undefined) return this.#refuse(response, 404, 'RevisionNotFound');
    if (verb === 'revision') {
      const facts = { _id: '0', id, sha: commit, private: false, gated: repository.access === 'gated' };
      return this.#json(response, { ...facts, downloads: 0, likes: 0, lastModified: '2024-01-01T00:00:00.000Z' });
    }
    const files = repository.commits.get(commit) ?? [];
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const next = from + this.pageSize;
    if (next < files.length) {
      url.searchParams.set('cursor', String(next));
      response.setHeader('link', `<${this.endpoint}${url.pathname}${url.search}>; rel="next"`);
    }
    this.#json(response, files.slice(from, next).map(treeEntry));
  }

  #allowed({ access }: Repository, request: IncomingMessage, response: ServerResponse, isFile: boolean): boolean {
    const known = request.headers.authorization === `Bearer ${TOKEN}`;
    // A gated model may be listed by all; only its files are kept.
    if (access === 'open' || known || (access === 'gated' && !isFile)) return true;
    // 403 is for an account that is known and has no access; a token of nobody's is no token.
    const status = access === 'gated' && request.headers.authorization ? 403 : 401;
    this.#refuse(response, status, access === 'gated' ? 'GatedRepo' : 'RepoNotFound');
    return false;
  }

  #refuse(response: ServerResponse, status: number, code: string): void {
    response.setHeader('x-error-code', code);
    response.statusCode = status;
    this.#json(response, { error: code });
  }

  #json(response: ServerResponse, value: unknown): void {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  }

  async #body(file: Served, entry: Logged, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.faults.get(file.name)?.shift();
    if (fault?.kind === 'status') return void response.writeHead(fault.status, fault.headers).end();
    if (fault?.kind === 'reset') return void request.socket.destroy();
    const whole = file.bytes.length;
    const [, asked, until] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const from = asked === undefined || fault?.kind === 'no-range' ? 0 : Number(asked);
    const to = until ? Math.min(Number(until) + 1, whole) : whole;
    response.setHeader('etag', `"${etagOf(file)}"`).setHeader('accept-ranges', 'bytes');
    if (from >= whole && whole > 0) return void response.writeHead(416, { 'content-range': `bytes */${whole}` }).end();
    let bytes = Buffer.from(file.bytes.subarray(from, to));
    if (fault?.kind === 'corrupt' && bytes.length > 0) bytes[bytes.length >> 1] ^= 1;
    if (fault?.kind === 'longer') bytes = Buffer.concat([bytes, Buffer.from('more')]);
    const shift = fault?.kind === 'wrong-range' ? 1 : 0;
    const partial = request.headers.range !== undefined && fault?.kind !== 'no-range';
    // A body that ends too early without an error has no length beforehand.
    const length = fault?.kind === 'end' ? {} : { 'content-length': String(bytes.length) };
    response.writeHead(partial ? 206 : 200, {
      ...length,
      ...(partial && { 'content-range': `bytes ${from + shift}-${to - 1}/${whole}` }),
    });
    if (request.method === 'HEAD') return void response.end();
    const stop = fault && 'after' in fault ? Math.min(fault.after, bytes.length) : bytes.length;
    for (let at = 0; at < stop && !response.destroyed;) {
      const piece = bytes.subarray(at, Math.min(stop, at + PIECE));
      const flowing = response.write(piece);
      entry.sent += piece.length;
      at += piece.length;
      if (this.bytesPerSecond !== undefined) await pause((1000 * piece.length) / this.bytesPerSecond);
      else if (!flowing) await drained(response);
    }
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'cut') {
      // What was written must leave before the connection breaks.
      await pause(20);
      return void request.socket.destroy();
    }
    response.end();
  }
}

/** The connection takes more, or is gone. */
async function drained(response: ServerResponse): Promise<void> {
  const either = new AbortController();
  const options = { signal: either.signal };
  await Promise.race([once(response, 'drain', options), once(response, 'close', options)]).catch(() => undefined);
  either.abort();
}

const address = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const commitOf = ({ revisions, commits }: Repository, revision: string): string | undefined =>
  revisions.get(revision) ?? (commits.has(revision) ? revision : undefined);

const gitOid = (bytes: Buffer): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/** As the hub names content: sha256 of LFS files, git's sha1 of the others. */
const etagOf = ({ bytes, lfs, etag }: Pick<Served, 'bytes' | 'lfs' | 'etag'>): string =>
  etag ?? (lfs ? createHash('sha256').update(bytes).digest('hex') : gitOid(bytes));

function treeEntry(file: Served): object {
  const { name: path, bytes, lfs } = file;
  const size = bytes.length;
  if (!lfs) return { type: 'file', oid: etagOf(file), size, path };
  // The oid of an LFS file is that of its pointer.
  const pointer = Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${etagOf(file)}\nsize ${size}\n`);
  return {
    type: 'file', oid: gitOid(pointer), size, path, lfs: { oid: etagOf(file), size, pointerSize: pointer.length },
  }; // prettier-ignore
}
