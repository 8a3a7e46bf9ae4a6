import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ResultDocument } from '../../src/core/engine/result';
import { EXAMPLES, outcome, start, type Outcome } from '../cli/crossflow';
import { TOKEN } from '../support/hub-server';
import { contents, hub, ID, sha256, shapes } from './support';

const WEIGHTS = 'model.safetensors';
const image = join(EXAMPLES, 'images/2300034.jpg');

describe('crossflow and the hub, in processes of their own', () => {
  const at = hub();
  const files = shapes();
  const bytes = files[WEIGHTS];

  const variables = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: process.env.PATH,
    HOME: at.cache,
    HF_HOME: at.cache,
    HF_ENDPOINT: at.server.endpoint,
    ...more,
  });
  const run = (args: string[], more?: NodeJS.ProcessEnv): Promise<Outcome> =>
    outcome(start(args, { env: variables(more) }));
  const snapshot = (commit: string): string => join(at.cache, 'hub/models--crossflow-tests--model/snapshots', commit);
  const partial = (): string =>
    join(at.cache, 'hub/models--crossflow-tests--model/blobs', `${sha256(bytes)}.crossflow.incomplete`);
  const experiment = (): string => {
    const file = join(at.cache, 'hub.flow.json');
    const question = 'What is the white shape, a circle or a star?';
    const text = { model: ID, prompt: 'vicuna_v1', image, question, answer: 'star', knockouts: ['Question->Last'] };
    writeFileSync(file, JSON.stringify(text));
    return file;
  };
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const ended = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once('exit', resolve));

  it('fetch brings the model, run uses it by its id without a word to the network', async () => {
    const commit = at.server.add(ID, files);
    const fetched = await run(['fetch', ID]);
    assert.deepEqual([fetched.code, fetched.stdout], [0, snapshot(commit) + '\n'], fetched.stderr);
    assert.match(fetched.stderr, /^crossflow: fetching crossflow-tests\/model, 6\.2 MB in 7 files, from http[^\n]+\n$/);
    at.server.reset();
    const { code, stdout, stderr } = await run(['run', experiment(), '--json']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal((JSON.parse(stdout) as ResultDocument).answer.text, 'Star');
    assert.deepEqual(at.server.log, []);
    const again = await run(['fetch', ID, '--json']);
    assert.deepEqual(JSON.parse(again.stdout), { id: ID, folder: snapshot(commit), fetched_bytes: 0 });
    assert.match(again.stderr, /is complete on this disk/);
    assert.ok(at.server.asked().every(({ path }) => path.startsWith('/api/') || path.endsWith('/config.json')));
  });

  it('fetches nothing without consent', async () => {
    at.server.add(ID, files);
    for (const args of [
      ['run', experiment()],
      ['inspect', ID],
      ['check', ID],
    ]) {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [2, ''], args[0]);
      assert.match(
        stderr,
        /the model crossflow-tests\/model is not on this disk \(fetch it with "crossflow fetch crossflow-tests\/model", allow it with --yes/,
      );
    }
    assert.deepEqual(at.server.log, []);
    const { code, stdout } = await run(['inspect', ID, '--yes']);
    assert.equal(code, 0);
    assert.match(stdout, /3\.\d million parameters|million parameters/);
  });

  it('--dry-run only lists', async () => {
    at.server.add(ID, { ...files, 'README.md': 'x' });
    const { code, stdout } = await run(['fetch', ID, '--dry-run']);
    assert.equal(code, 0);
    assert.match(stdout, /^crossflow-tests\/model {2}model\.safetensors +6\.1 MB$/m);
    assert.doesNotMatch(stdout, /README/);
    assert.equal(existsSync(join(at.cache, 'hub')), false);
  });

  it('goes on after a kill with what is missing, and with nothing else', async () => {
    const commit = at.server.add(ID, files);
    const early = 2_000_000;
    at.server.faults.set(WEIGHTS, [{ kind: 'hang', after: early }]);
    const child = start(['fetch', ID], { env: variables() });
    const size = (): number => (existsSync(partial()) ? readFileSync(partial()).length : 0);
    await until(() => size() === early);
    child.kill('SIGKILL');
    await ended(child);
    assert.equal(existsSync(join(snapshot(commit), WEIGHTS)), false);
    const refused = await run(['inspect', ID]);
    assert.equal(refused.code, 2, 'what is not complete is not there');
    at.server.log.length = 0;
    const { code, stdout, stderr } = await run(['fetch', ID]);
    assert.deepEqual([code, stdout], [0, snapshot(commit) + '\n'], stderr);
    assert.match(stderr, /6\.1 MB in 1 file \(2\.0 MB of it are here from before\)/);
    const [asked] = at.server.asked(WEIGHTS).filter((entry) => entry.at === 'cdn');
    assert.equal(asked.range, `bytes=${early}-`);
    assert.equal(at.server.sent(WEIGHTS), bytes.length - early);
    assert.deepEqual(at.server.asked('tokenizer.json'), []);
    assert.deepEqual(readFileSync(join(snapshot(commit), WEIGHTS)), bytes);
  });

  it('Ctrl-C ends it with 130, and what has come stays', async () => {
    at.server.add(ID, files);
    at.server.faults.set(WEIGHTS, [{ kind: 'hang', after: 1_000_000 }]);
    const child = start(['fetch', ID], { env: variables() });
    const result = outcome(child);
    await until(() => existsSync(partial()) && readFileSync(partial()).length === 1_000_000);
    child.kill('SIGINT');
    const { code, stdout } = await result;
    assert.deepEqual([code, stdout], [130, '']);
    assert.equal(readFileSync(partial()).length, 1_000_000);
    assert.deepEqual(contents(join(at.cache, 'hub/.locks')), {});
  });

  it('two processes fetch it once', async () => {
    const commit = at.server.add(ID, files);
    const both = await Promise.all([run(['fetch', ID]), run(['fetch', ID])]);
    assert.deepEqual(
      both.map(({ code, stdout }) => [code, stdout]),
      [1, 2].map(() => [0, snapshot(commit) + '\n']),
      both.map(({ stderr }) => stderr).join(),
    );
    assert.equal(at.server.sent(WEIGHTS), bytes.length);
    assert.deepEqual(readFileSync(join(snapshot(commit), WEIGHTS)), bytes);
  });

  it('HF_HUB_OFFLINE: what is here is used, what is not is not asked for', async () => {
    at.server.add(ID, files);
    const offline = { HF_HUB_OFFLINE: '1' };
    for (const args of [
      ['fetch', ID],
      ['inspect', ID, '--yes'],
    ]) {
      const { code, stderr } = await run(args, offline);
      assert.equal(code, 1);
      assert.match(stderr, /^crossflow: crossflow-tests\/model is not .*HF_HUB_OFFLINE[^\n]*\n$/);
    }
    assert.deepEqual(at.server.log, []);
    await run(['fetch', ID]);
    at.server.reset();
    assert.equal((await run(['fetch', ID], offline)).code, 0);
    assert.equal((await run(['inspect', ID], offline)).code, 0);
    assert.deepEqual(at.server.log, []);
  });

  it('a token from HF_TOKEN, or from the file of hf auth login, reaches the hub alone', async () => {
    at.server.add(ID, files, { access: 'private' });
    const none = await run(['fetch', ID]);
    assert.equal(none.code, 2);
    assert.match(
      none.stderr,
      /there is no model .* or it is private \(check the spelling; for a private model set HF_TOKEN\)/,
    );
    writeFileSync(join(at.cache, 'token'), TOKEN + '\n');
    assert.equal((await run(['fetch', ID])).code, 0);
    assert.equal((await run(['fetch', ID, '--dry-run'], { HF_TOKEN: 'wrong' })).code, 2, 'HF_TOKEN comes first');
    const cdn = at.server.log.filter((entry) => entry.at === 'cdn');
    assert.ok(cdn.length > 0);
    assert.ok(cdn.every((entry) => entry.authorization === undefined));
    assert.ok(at.server.log.some((entry) => entry.authorization === `Bearer ${TOKEN}`));
  });

  it('goes through the proxy that the environment names', async () => {
    const commit = at.server.add(ID, files);
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', (request, socket, head) => {
      tunnels.push(request.url ?? '');
      const [host, port] = (request.url ?? '').split(':');
      const there = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        there.write(head);
        there.pipe(socket).pipe(there);
      });
      for (const end of [there, socket]) end.on('error', () => there.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      const { stdout, stderr } = await run(['fetch', ID], { HTTP_PROXY: address });
      assert.equal(stdout, snapshot(commit) + '\n', stderr);
      const endpoints = new Set(tunnels);
      assert.equal(endpoints.size, 2, 'hub and CDN');
      assert.ok(endpoints.has(new URL(at.server.endpoint).host));
      const before = tunnels.length;
      assert.equal((await run(['fetch', ID], { HTTP_PROXY: address, NO_PROXY: '127.0.0.1' })).code, 0);
      assert.equal(tunnels.length, before);
    } finally {
      proxy.close();
    }
  });

  it('a revision by name, in the experiment as well', async () => {
    at.server.add(ID, { 'config.json': '{}' });
    const commit = at.server.add(ID, files, { revision: 'v1' });
    const { stdout } = await run(['fetch', ID, '--revision', 'v1']);
    assert.equal(stdout, snapshot(commit) + '\n');
    const file = experiment();
    writeFileSync(file, readFileSync(file, 'utf8').replace(`"${ID}"`, `"${ID}@v1"`));
    assert.equal((await run(['run', file, '--json'])).code, 0);
    const { code, stderr } = await run(['fetch', ID, '--revision', 'v2']);
    assert.equal(code, 2);
    assert.match(stderr, /crossflow-tests\/model has no revision "v2"/);
  });
});

/** A terminal of its own, where the system has `script`. */
describe('the question at a terminal', function () {
  const at = hub();
  before(function () {
    if (!existsSync('/usr/bin/script')) this.skip();
  });

  const ask = async (answer: string): Promise<{ code: number | null; text: string }> => {
    const [node, ...command] = start.command;
    const line = [node, ...command, 'inspect', ID].map((word) => `'${word}'`).join(' ');
    const env = { ...process.env, HF_HOME: at.cache, HF_ENDPOINT: at.server.endpoint };
    const child = spawn('/usr/bin/script', ['-qefc', line, '/dev/null'], { env });
    let text = '';
    let asked = false;
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (!asked && text.includes('[y/N]')) {
        asked = true;
        child.stdin.write(answer);
      }
    });
    const code = await new Promise<number | null>((done) => child.on('close', done));
    return { code, text };
  };

  it('fetches after yes, and says before how much it is', async () => {
    at.server.add(ID, shapes());
    const { code, text } = await ask('y\r');
    assert.match(text, /Download crossflow-tests\/model, 6\.2 MB in 7 files, from http\S+ into \S+\? \[y\/N\]/);
    assert.equal(code, 0, text);
    assert.match(text, /million parameters/);
  });

  it('fetches nothing after no, after just Enter, and after Ctrl-C', async () => {
    at.server.add(ID, shapes());
    for (const [answer, expected] of [
      ['n\r', 1],
      ['\r', 1],
      ['\x03', 130],
    ] as const) {
      const { code, text } = await ask(answer);
      assert.equal(code, expected, text);
    }
    assert.deepEqual(at.server.asked(WEIGHTS), []);
    assert.equal(existsSync(join(at.cache, 'hub')), false);
  });
});
