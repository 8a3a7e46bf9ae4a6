import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { HubClient } from '../../src/core/hub/client';
import { hubEnvironment } from '../../src/core/hub/environment';
import { hubId } from '../../src/core/hub/id';
import { transfer } from '../../src/core/hub/transfer';
import { temporaryFolder } from '../support/temporary';
import { ID, sha256 } from './support';

describe('an answer that cannot continue a file', () => {
  const folder = temporaryFolder();
  const bytes = Buffer.from('the whole of a file that was here in part');

  for (const status of [206, 416]) {
    it(`is closed at once (${status}): neither connection nor timer waits for its end`, async () => {
      let closed = 0;
      let asked = 0;
      const endless = (): Response =>
        new Response(
          new ReadableStream({
            cancel: () => {
              closed++;
            },
          }),
          {
            status,
            headers: { 'content-range': `bytes 3-9/${bytes.length}` },
          },
        );
      const fetch = async (): Promise<Response> => (asked++ === 0 ? endless() : new Response(bytes));
      const environment = { ...(await hubEnvironment({})), stallMs: 600_000 };
      const client = new HubClient(hubId(ID), environment, { fetch });
      const [partial, place] = [folder.join(`${status}.incomplete`), folder.join(`${status}`)];
      writeFileSync(partial, bytes.subarray(0, 5));
      const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
      const before = timers();
      await transfer(
        client,
        'main',
        { name: 'x', size: bytes.length, checksum: { kind: 'sha256', digits: sha256(bytes) } },
        {
          signal: new AbortController().signal,
          pauseMs: 1,
          partial,
          place,
          check: () => undefined,
          onBytes: () => undefined,
          onNote: () => undefined,
        },
      );
      assert.deepEqual(readFileSync(place), bytes);
      assert.equal(closed, 1);
      assert.ok(timers() <= before, `${timers()} timers, ${before} before`);
    });
  }
});
