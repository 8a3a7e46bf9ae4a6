import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CrossflowError } from '../../src/core/errors';
import { hubId } from '../../src/core/hub/id';
import { planDownload } from '../../src/core/families/hub';
import type { DownloadPlan } from '../../src/core/hub/plan';
import { WeightTable } from '../../src/core/checkpoint/weights';
import { HubServer, TOKEN } from '../support/hub-server';
import { temporaryFolder } from '../support/temporary';
import { contents, hub, ID, sharded, shapes } from './support';

/** The one line that a user sees. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const e: unknown = await work.then(
    () => assert.fail('it should be refused'),
    (e: unknown) => e,
  );
  assert.ok(e instanceof CrossflowError, String((e as Error).stack));
  assert.doesNotMatch(e.line, /[\r\n]/);
  return `${e.kind}: ${e.line}`;
}

describe('models that cannot be fetched', () => {
  const at = hub();
  const plan = (id = ID, token?: string): Promise<DownloadPlan> =>
    planDownload(hubId(id), at.environment(token === undefined ? {} : { token }), { pauseMs: 1 });
  const place = (): string => `${at.server.endpoint}/${ID}`;

  it('an id that nobody knows', async () => {
    const none = await refusal(plan('nobody/nothing'));
    const at_ = at.server.endpoint;
    assert.equal(
      none,
      `usage: there is no model nobody/nothing at ${at_}, or it is private (check the spelling; for a private model set HF_TOKEN)`,
    );
    assert.match(await refusal(plan('nobody/nothing', TOKEN)), /whether your token may read it\)$/);
  });

  it('an adapter, before anything of it is fetched', async () => {
    const config = JSON.stringify({ base_model_name_or_path: 'llava-hf/llava-1.5-7b-hf' });
    at.server.add(ID, { 'adapter_config.json': config, 'adapter_model.safetensors': 'x', 'README.md': 'read me' });
    assert.match(
      await refusal(plan()),
      /^usage: .*\/crossflow-tests\/model: is an adapter of llava-hf\/llava-1\.5-7b-hf .*merge it first, in Python/,
    );
    assert.deepEqual(contents(at.cache), {});
  });

  it('an unknown revision', async () => {
    at.server.add(ID, shapes());
    assert.match(await refusal(plan(`${ID}@nothing`)), /^usage: crossflow-tests\/model has no revision "nothing"/);
  });

  it('a private model without a token, with a wrong one, and with the right one', async () => {
    at.server.add(ID, shapes(), { access: 'private' });
    assert.match(await refusal(plan()), /or it is private \(.*set HF_TOKEN\)$/);
    assert.match(await refusal(plan(ID, 'wrong')), /whether your token still holds/);
    assert.equal((await plan(ID, TOKEN)).models.length, 1);
  });

  it('a gated model, whose list is open and whose files are not', async () => {
    at.server.add(ID, shapes(), { access: 'gated' });
    const how = `(give it at ${place()}, and`;
    assert.equal(
      await refusal(plan()),
      `failed: ${ID} is gated: its owner asks for consent first ${how} set HF_TOKEN to a token of your account)`,
    );
    assert.ok((await refusal(plan(ID, 'of another'))).endsWith(`${how} your token has no access yet)`));
    assert.equal((await plan(ID, TOKEN)).models.length, 1);
  });

  it('a server that is busy for good, gone, or no hub', async () => {
    at.server.add(ID, shapes());
    at.server.apiFaults.push(...[503, 502, 500].map((status) => ({ status })));
    assert.match(await refusal(plan()), /^failed: .* cannot be reached: the server has trouble \(500\)/);
    at.server.apiFaults.push({ status: 503 }, { status: 429 });
    assert.equal((await plan()).models.length, 1, 'a short trouble passes');
    for (const body of ['<html>', '[]', '{"sha":"../../x"}', '{"sha":1}']) {
      at.server.apiFaults.push({ status: 200, body });
      assert.match(await refusal(plan()), /^failed: http\S+ does not answer as a hub does/, body);
    }
    at.server.apiFaults.push({ status: 418 });
    assert.match(await refusal(plan()), /answered 418 when asked for crossflow-tests\/model$/);
    const other = await HubServer.start();
    const { endpoint } = other;
    await other.stop();
    const gone = planDownload(hubId(ID), at.environment({ endpoint }), { pauseMs: 1 });
    assert.match(await refusal(gone), /^failed: http:\/\/127\.0\.0\.1:\d+ cannot be reached: it refuses connections/);
  });

  it('only pickles: the same words as for a folder, before anything is fetched', async () => {
    const { 'config.json': config, 'tokenizer.json': tokenizer } = sharded(1);
    const files = { 'config.json': config, 'tokenizer.json': tokenizer, 'pytorch_model-00001-of-00002.bin': 'x' };
    at.server.add(ID, files);
    const remote = await refusal(plan());
    const folder = join(at.cache, 'folder');
    mkdirSync(folder);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const local = await refusal(WeightTable.open(folder));
    assert.equal(remote.replace(place(), folder), local);
    assert.match(remote, /has only pickled weights \(pytorch_model-00001-of-00002\.bin\)/);
    assert.ok(!at.server.log.some(({ path }) => path.includes('resolve')));
  });

  it('no weights, none that are found by their name, no config', async () => {
    const beside = { 'config.json': '{}', 'tokenizer.json': '{}' };
    at.server.add(ID, beside);
    assert.match(await refusal(plan()), /has no weights: model\.safetensors is missing/);
    at.server.add(ID, { ...beside, 'consolidated.safetensors': 'x' });
    assert.match(await refusal(plan()), /neither model\.safetensors nor .* is there, only consolidated\.safetensors/);
    at.server.add(ID, { 'README.md': 'x' });
    assert.match(await refusal(plan()), /has no config\.json/);
  });

  it('an index that leads elsewhere or nowhere', async () => {
    const indexed = (weight_map: unknown): void => {
      at.server.add(ID, {
        'config.json': '{}',
        'tokenizer.json': '{}',
        'model.safetensors.index.json': JSON.stringify({ weight_map }),
      });
    };
    for (const name of ['../x.safetensors', '/etc/x.safetensors', 'C:x.safetensors', 'a\\b.safetensors', 'x.bin']) {
      indexed({ w: name });
      assert.match(await refusal(plan()), /weight_map names .*; only \.safetensors files of the same folder are read/);
    }
    indexed({ w: 'lost.safetensors' });
    assert.match(await refusal(plan()), /names lost\.safetensors, which is not there/);
    indexed({ w: 1 });
    assert.match(await refusal(plan()), /is no index of weights/);
  });

  it('names that lead out of the folder', async () => {
    for (const name of [
      '../../escape.json',
      '/etc/passwd',
      '..',
      'C:evil.json',
      'a\\..\\b.json',
      'a/../../tokenizer.json',
    ]) {
      at.server.add(ID, { ...shapes(), [name]: 'evil' });
      assert.match(await refusal(at.fetch()), /lists a file outside its folder: "/, name);
      assert.deepEqual(contents(at.cache), {}, name);
    }
  });

  it('a disk that is too small, before anything is fetched', async () => {
    at.server.add(ID, shapes());
    const huge = await plan();
    const files = huge.models[0].files.map((file) => ({ ...file, size: 1e18 }));
    const { download } = await import('../../src/core/hub/download');
    const line = await refusal(download({ ...huge, models: [{ ...huge.models[0], files }] }));
    assert.match(line, /^failed: .*: 7000000\.0 TB are to be fetched, but only .* are free \(.*HF_HUB_CACHE\)$/);
    assert.deepEqual(at.server.asked('model.safetensors'), []);
  });

  it('a cache that cannot be written', async () => {
    at.server.add(ID, shapes());
    const file = join(at.cache, 'file');
    writeFileSync(file, '');
    assert.match(await refusal(at.fetch(ID, { cache: join(file, 'hub') })), /cannot be written: .*HF_HUB_CACHE names/);
  });

  it('offline', async () => {
    const offline = planDownload(hubId(ID), at.environment({ offline: true }));
    assert.match(await refusal(offline), /is not on this disk, and HF_HUB_OFFLINE forbids to fetch it/);
    assert.deepEqual(at.server.log, []);
  });
});

describe('redirects', () => {
  const folder = temporaryFolder();

  async function served(location: (base: string) => string): Promise<{ line: string; tokens: unknown[] }> {
    const tokens: unknown[] = [];
    const server = createServer((request, response) => {
      tokens.push(request.headers.authorization);
      response
        .writeHead(307, { location: location(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) })
        .end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const environment = { endpoint, cache: folder.path, offline: false, stallMs: 2000, token: TOKEN };
    try {
      return { line: await refusal(planDownload(hubId(ID), environment, { pauseMs: 1 })), tokens };
    } finally {
      server.close();
    }
  }

  it('in a circle are given up, and ones to other protocols are not followed', async () => {
    const circle = await served((base) => `${base}/again`);
    assert.match(circle.line, /leads in a circle/);
    assert.ok(circle.tokens.length < 12);
    assert.match((await served(() => 'file:///etc/passwd')).line, /which is not followed/);
    assert.match((await served(() => 'http://[')).line, /leads to no address/);
  });

  it('to the same address under another name do not get the token', async () => {
    const { tokens } = await served((base) => `${base.replace('127.0.0.1', 'localhost')}/elsewhere`);
    assert.equal(tokens[0], `Bearer ${TOKEN}`);
    assert.ok(tokens.slice(1).every((token) => token === undefined));
  });
});
