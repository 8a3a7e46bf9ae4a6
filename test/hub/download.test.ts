import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { findCached, planDownload } from '../../src/core/families/hub';
import { download } from '../../src/core/hub/download';
import { hubId } from '../../src/core/hub/id';
import { planSize, planText } from '../../src/core/hub/plan-text';
import { type Fault, TOKEN } from '../support/hub-server';
import { contents, hub, ID, sha256, sharded, shapes } from './support';

const WEIGHTS = 'model.safetensors';
const folderOf = (cache: string): string => join(cache, 'models--crossflow-tests--model');

describe('fetching a model', () => {
  const at = hub();

  it('brings what is needed and no more, in the layout that Python uses', async () => {
    const files = sharded();
    const commit = at.server.add(ID, files);
    const folder = await at.fetch();
    assert.equal(folder, join(folderOf(at.cache), 'snapshots', commit));
    const needed = Object.keys(files).filter((n) => /^(?!consolidated).*\.(safetensors|json)$/.test(n));
    assert.deepEqual(readdirSync(folder).sort(), needed.sort());
    for (const name of needed) {
      const bytes = Buffer.from(files[name]);
      const git = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
      const digits = name.endsWith('.safetensors') ? sha256(bytes) : git;
      assert.equal(contents(folder)[name], `-> ../../blobs/${digits}`);
      assert.deepEqual(readFileSync(join(folder, name)), bytes);
    }
    assert.equal(readFileSync(join(folderOf(at.cache), 'refs', 'main'), 'utf8'), commit);
    const blobs = readdirSync(join(folderOf(at.cache), 'blobs'));
    assert.deepEqual(
      blobs.filter((name) => !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name)),
      [],
    );
    assert.deepEqual(contents(join(at.cache, '.locks')), {});
    for (const name of ['README.md', 'pytorch_model.bin', 'model.py', 'consolidated.safetensors']) {
      assert.deepEqual(at.server.asked(name), [], name);
    }
  });

  it('says beforehand how much it is, and writes nothing before it is asked to', async () => {
    const files = sharded(2, 5_000_000);
    at.server.add(ID, files);
    const plan = await planDownload(hubId(ID), at.environment());
    const total = planSize(plan.models);
    assert.equal(total.files, 11, 'an empty file is nothing to fetch');
    assert.equal(
      total.bytes,
      plan.models[0].files.reduce((sum, { name }) => sum + Buffer.from(files[name]).length, 0),
    );
    assert.equal(planText(plan), `${ID}, 10.0 MB in 11 files, from ${at.server.endpoint} into ${at.cache}`);
    assert.deepEqual(contents(at.cache), {});
    assert.deepEqual(at.server.asked('model-00001-of-00002.safetensors'), []);
  });

  it('finds what is complete without the network, and nothing that is not', async () => {
    at.server.add(ID, shapes());
    assert.equal(await findCached(hubId(ID), at.cache), undefined);
    const folder = await at.fetch();
    at.server.reset();
    assert.equal(await findCached(hubId(ID), at.cache), folder);
    assert.equal(await findCached(hubId(`${ID}@main`), at.cache), folder);
    assert.equal(await findCached(hubId(`${ID}@other`), at.cache), undefined);
    const commit = folder.slice(-40);
    assert.equal(await findCached(hubId(`${ID}@${commit}`), at.cache), folder);
    assert.deepEqual(at.server.log, []);
  });

  it('asks for nothing that is here already: other commits share their files', async () => {
    const files = shapes();
    at.server.add(ID, files);
    await at.fetch();
    const commit = at.server.add(ID, { ...files, 'generation_config.json': '{"temperature":0}' });
    at.server.reset();
    const folder = await at.fetch();
    assert.ok(folder.endsWith(commit));
    assert.deepEqual(at.server.asked(WEIGHTS), []);
    assert.equal(at.server.asked('generation_config.json').length, 1);
    assert.deepEqual(readFileSync(join(folder, WEIGHTS)), files[WEIGHTS]);
  });

  it('keeps revisions apart', async () => {
    const files = shapes();
    at.server.add(ID, files);
    const other = at.server.add(ID, { ...files, 'chat_template.jinja': 'other' }, { revision: 'refs/pr/1' });
    await at.fetch();
    const folder = await at.fetch(`${ID}@refs/pr/1`);
    assert.ok(folder.endsWith(other));
    assert.equal(readFileSync(join(folderOf(at.cache), 'refs', 'refs', 'pr', '1'), 'utf8'), other);
    assert.equal(await findCached(hubId(`${ID}@refs/pr/1`), at.cache), folder);
    assert.notEqual(await findCached(hubId(ID), at.cache), folder);
  });

  it('reads a list of several pages', async () => {
    at.server.add(ID, sharded());
    at.server.pageSize = 4;
    assert.equal(readdirSync(await at.fetch()).length, 13);
  });

  it('reports bytes from the first to the last, and never more than there are', async () => {
    at.server.add(ID, sharded());
    const seen: { done: number; total: number }[] = [];
    await at.fetch(ID, {}, { onProgress: (progress) => seen.push(progress) });
    assert.equal(seen[0].done, 0);
    assert.equal(seen.at(-1)?.done, seen.at(-1)?.total);
    for (let i = 1; i < seen.length; i++) assert.ok(seen[i].done >= seen[i - 1].done);
  });
});

describe('fetching a model over a bad line', () => {
  const at = hub();
  const files = sharded(1);
  const name = 'model-00001-of-00001.safetensors';
  const bytes = Buffer.from(files[name]);
  const fetched = async (...faults: Fault[]): Promise<string[]> => {
    at.server.add(ID, files);
    at.server.faults.set(name, faults);
    const notes: string[] = [];
    const folder = await at.fetch(ID, {}, { onNote: (note) => notes.push(note) });
    assert.deepEqual(readFileSync(join(folder, name)), bytes);
    return notes;
  };
  const ranges = (): (string | undefined)[] =>
    at.server.asked(name).flatMap((entry) => (entry.at === 'cdn' ? [entry.range] : []));
  const refuses = async (faults: Fault[], message: RegExp): Promise<void> => {
    at.server.add(ID, files);
    at.server.faults.set(name, faults);
    await assert.rejects(at.fetch(), (e: Error) => {
      assert.match((e as Error & { line: string }).line, message);
      return true;
    });
    assert.equal(await findCached(hubId(ID), at.cache), undefined);
  };

  it('goes on where a connection broke', async () => {
    const notes = await fetched({ kind: 'cut', after: 50_000 }, { kind: 'cut', after: 70_000 });
    assert.equal(notes.length, 2);
    assert.match(notes[0], /^model-00001-of-00001\.safetensors: .*lost.*; trying again in 1 s$/);
    const [first, second, third] = ranges();
    assert.equal(first, undefined);
    assert.match(second ?? '', /^bytes=[1-9]\d*-$/);
    assert.match(third ?? '', /^bytes=[1-9]\d*-$/);
    assert.ok(at.server.sent(name) < 2 * bytes.length);
  });

  it('goes on where a body ended too early', async () => {
    const notes = await fetched({ kind: 'end', after: 100_000 });
    assert.match(notes[0], /ended too early/);
    assert.deepEqual(ranges(), [undefined, 'bytes=100000-']);
    assert.equal(at.server.sent(name), bytes.length);
  });

  it('tries again when the server is busy or gone', async () => {
    const busy = (status: number): Fault => ({ kind: 'status', status, headers: { 'retry-after': '0' } });
    const notes = await fetched(busy(503), busy(403), { kind: 'reset' }, busy(429));
    assert.match(notes.join(), /trouble \(503\).*127\.0\.0\.1:\d+ answered 403.*lost.*too many requests \(429\)/);
    assert.deepEqual(at.server.sent(name), bytes.length);
  });

  it('gives up a connection that says nothing', async () => {
    at.server.add(ID, files);
    at.server.faults.set(name, [{ kind: 'hang', after: 40_000 }]);
    const notes: string[] = [];
    await at.fetch(ID, { stallMs: 200 }, { onNote: (note) => notes.push(note) });
    assert.match(notes[0], /nothing arrived for/);
    assert.deepEqual(ranges(), [undefined, 'bytes=40000-']);
  });

  it('begins anew with a server that cannot continue', async () => {
    await fetched({ kind: 'end', after: 100_000 }, { kind: 'no-range' });
    assert.equal(at.server.sent(name), 100_000 + bytes.length);
  });

  it('does not believe a range that it did not ask for', async () => {
    await fetched({ kind: 'end', after: 100_000 }, { kind: 'wrong-range' });
  });

  it('stops after some tries in which nothing came, and keeps what had come', async () => {
    const dead: Fault[] = Array.from({ length: 6 }, () => ({ kind: 'reset' }));
    await refuses(
      [{ kind: 'end', after: 120_000 }, ...dead.slice(1)],
      /did not arrive: .*lost.*, 6 times in a row.*kept/,
    );
    const partial = join(folderOf(at.cache), 'blobs', `${sha256(bytes)}.crossflow.incomplete`);
    assert.deepEqual(readFileSync(partial), bytes.subarray(0, 120_000));
    const sent = at.server.sent(name);
    await at.fetch();
    assert.equal(at.server.sent(name) - sent, bytes.length - 120_000, 'only the rest');
  });

  it('throws away wrong bytes and says so', async () => {
    await refuses([{ kind: 'corrupt' }], /arrived damaged and was thrown away: its sha256 is [0-9a-f]{12}…, not/);
    assert.ok(!existsSync(join(folderOf(at.cache), 'blobs', `${sha256(bytes)}.crossflow.incomplete`)));
    assert.ok(!existsSync(join(folderOf(at.cache), 'blobs', sha256(bytes))));
    await refuses([{ kind: 'longer' }], /is longer than the 200000 bytes it should have; it is thrown away/);
  });

  it('verifies small files too', async () => {
    at.server.add(ID, files);
    at.server.faults.set('tokenizer_config.json', [{ kind: 'corrupt' }]);
    await assert.rejects(at.fetch(), /tokenizer_config\.json .*thrown away: its git checksum/);
    at.server.faults.set('config.json', [{ kind: 'corrupt' }]);
    await assert.rejects(at.fetch(), /config\.json arrived damaged/);
  });

  it('replaces what an earlier process left damaged', async () => {
    at.server.add(ID, files);
    at.server.faults.set(name, [
      { kind: 'end', after: 80_000 },
      ...Array.from({ length: 5 }, () => ({ kind: 'reset' }) as const),
    ]);
    await assert.rejects(at.fetch());
    const partial = join(folderOf(at.cache), 'blobs', `${sha256(bytes)}.crossflow.incomplete`);
    const damaged = readFileSync(partial);
    damaged[500] ^= 1;
    writeFileSync(partial, damaged);
    const notes: string[] = [];
    const folder = await at.fetch(ID, {}, { onNote: (note) => notes.push(note) });
    assert.match(notes.join(), /the earlier part is damaged; downloading it again/);
    assert.deepEqual(readFileSync(join(folder, name)), bytes);
    // longer than the file should be: not a beginning of it
    truncateSync(join(folderOf(at.cache), 'blobs', sha256(bytes)), 10);
    writeFileSync(partial, Buffer.concat([bytes, bytes]));
    assert.deepEqual(readFileSync(join(await at.fetch(), name)), bytes);
  });

  it('any series of faults ends in the right bytes or in one clear error', async () => {
    const few = Object.fromEntries(
      Object.entries(files).filter(([n]) => /^(model-.*|model\.safe.*|config|tokenizer)\.\w+$/.test(n)),
    );
    const some = fc.oneof(
      fc.record({ kind: fc.constantFrom('cut' as const, 'end' as const), after: fc.nat(bytes.length) }),
      fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(500, 502, 503, 504, 403, 404, 416) }),
      fc.record({ kind: fc.constantFrom('corrupt', 'longer', 'no-range', 'wrong-range', 'reset') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(some as fc.Arbitrary<Fault>, { maxLength: 5 }), async (faults) => {
        at.server.add(ID, few);
        at.server.faults.set(name, [...faults]);
        const cache = join(at.cache, randomBytes(6).toString('hex'));
        const get = (): Promise<string> => at.fetch(ID, { cache });
        const first = await get().catch((e: unknown) => e as Error & { line?: string });
        if (typeof first !== 'string') {
          assert.ok(first.line, first.stack);
          assert.doesNotMatch(first.line, /\n/);
          assert.equal(await findCached(hubId(ID), cache), undefined);
        }
        at.server.faults.clear();
        assert.deepEqual(readFileSync(join(await get(), name)), bytes);
      }),
      { numRuns: 25 },
    );
  });
});

describe('stopping', () => {
  const at = hub();
  const name = 'model-00001-of-00001.safetensors';

  it('leaves what has come, and the next time fetches the rest', async () => {
    const files = sharded(1);
    at.server.add(ID, files);
    at.server.faults.set(name, [{ kind: 'hang', after: 90_000 }]);
    const stop = new AbortController();
    let done = 0;
    const small = Object.entries(files).reduce((sum, [n, b]) => sum + (/json$/.test(n) ? Buffer.from(b).length : 0), 0);
    const fetching = at.fetch(ID, {}, { signal: stop.signal, onProgress: (p) => (done = p.done) });
    while (done < small + 90_000) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await assert.rejects(fetching, { kind: 'cancelled' });
    const sent = at.server.sent(name);
    const plan = await planDownload(hubId(ID), at.environment());
    assert.match(planText(plan), /200\.0 kB in 1 file \(90\.0 kB of it are here from before\)/);
    await download(plan);
    assert.equal(at.server.sent(name) - sent, Buffer.from(files[name]).length - 90_000);
  });

  it('before it begins', async () => {
    at.server.add(ID, sharded(1));
    await assert.rejects(at.fetch(ID, {}, { signal: AbortSignal.abort() }), { kind: 'cancelled' });
    await assert.rejects(planDownload(hubId(ID), at.environment(), { signal: AbortSignal.abort() }), {
      kind: 'cancelled',
    });
    assert.deepEqual(contents(join(at.cache, '.locks')), {});
  });
});

describe('two that fetch the same model at once', () => {
  const at = hub();

  it('fetch it once', async () => {
    at.server.add(ID, sharded());
    const plans = await Promise.all([1, 2].map(() => planDownload(hubId(ID), at.environment())));
    const notes: string[] = [];
    const folders = await Promise.all(plans.map((plan) => download(plan, { onNote: (note) => notes.push(note) })));
    assert.equal(folders[0], folders[1]);
    assert.match(notes.join(), /^process \d+ is fetching crossflow-tests\/model; waiting for it$/);
    assert.equal(at.server.sent('model-00002-of-00003.safetensors'), 200_000);
    assert.deepEqual(contents(join(at.cache, '.locks')), {});
  });

  it('do not wait for a process that is gone', async () => {
    at.server.add(ID, sharded());
    const folder = join(at.cache, '.locks', 'models--crossflow-tests--model');
    mkdirSync(folder, { recursive: true });
    const { hostname } = await import('node:os');
    // No process has this number: it is above what any system gives out.
    writeFileSync(join(folder, 'crossflow.lock'), JSON.stringify({ pid: 999_999_999, host: hostname() }));
    assert.ok(statSync(await at.fetch()).isDirectory());
  });
});

describe('tokens', () => {
  const at = hub();

  it('go to the hub, never to the CDN', async () => {
    at.server.add(ID, shapes(), { access: 'private' });
    await at.fetch(ID, { token: TOKEN });
    const [cdn, own] = ['cdn', 'hub'].map((where) => at.server.log.filter((entry) => entry.at === where));
    assert.ok(cdn.length > 0);
    assert.deepEqual(
      cdn.filter((entry) => entry.authorization !== undefined),
      [],
    );
    assert.ok(own.every((entry) => entry.authorization === `Bearer ${TOKEN}`));
  });
});
