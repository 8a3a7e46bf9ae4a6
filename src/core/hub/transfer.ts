/** Brings one file: goes on where an earlier try broke off, and keeps nothing that its checksum does not confirm. */
import { failed, type CrossflowError } from '../errors';
import type { Answer, HubClient } from './client';
import type { HubFile } from './listing';
import { Partial } from './partial';
import { fileUrl } from './plan';
import { Transient, withRetries } from './retry';

/** Tries in a row in which nothing arrived. */
const TRIES = 6;

export interface TransferOptions {
  readonly signal: AbortSignal;
  readonly pauseMs: number;
  /** Where the file grows, and where it goes once it is whole. */
  readonly partial: string;
  readonly place: string;
  /** How many bytes are here now; fewer than before when something had to be thrown away. */
  readonly onBytes: (here: number) => void;
  readonly onNote: (text: string) => void;
  /** Throws when another process may be writing the file as well. */
  readonly check: () => void;
}

/** @throws CrossflowError `failed` for a file that does not arrive whole, `cancelled`; what has arrived stays */
export async function transfer(client: HubClient, commit: string, file: HubFile, o: TransferOptions): Promise<void> {
  const url = fileUrl(client, commit, file);
  const partial = await Partial.open(o.partial, file, o.signal);
  try {
    o.onBytes(partial.at);
    // What another process left may be damaged; what this one got is not taken up a second time.
    let old = partial.at > 0;
    for (;;) {
      const restarted = await getRest(client, url, partial, file, o);
      const digits = partial.digits();
      o.check();
      if (digits === file.checksum.digits) return await partial.finish(o.place);
      if (!old || restarted) {
        await partial.discard();
        throw damaged(client, file, digits);
      }
      o.onNote(`${file.name}: the earlier part is damaged; downloading it again`);
      await partial.restart();
      o.onBytes(0);
      old = false;
    }
  } finally {
    await partial.close();
  }
}

/** Until the file has its size. @returns whether it began anew on the way */
async function getRest(
  client: HubClient,
  url: string,
  partial: Partial,
  file: HubFile,
  { signal, pauseMs, onBytes, onNote }: TransferOptions,
): Promise<boolean> {
  let restarted = false;
  const restart = async (): Promise<void> => {
    restarted = true;
    await partial.restart();
    onBytes(0);
  };
  const once = async (): Promise<void> => {
    if (partial.missing === 0) return;
    const answer = await client.open(url, partial.at > 0 ? { range: `bytes=${partial.at}-` } : {});
    if (!continues(answer, partial.at, file.size)) {
      // A server that cannot continue sends all of it (200), or says that its file is shorter (416).
      if (answer.status !== 200) await answer.close();
      if (partial.at > 0) await restart();
      if (answer.status !== 200) throw new Transient('the server cannot continue');
    }
    const before = partial.at;
    for await (const chunk of answer.chunks) {
      if (chunk.length > partial.missing) {
        await partial.discard();
        throw failed(`${file.name} is longer than the ${file.size} bytes it should have; it is thrown away`, url);
      }
      await partial.append(chunk);
      onBytes(partial.at);
    }
    if (partial.missing > 0) {
      throw new Transient('the connection ended too early', { progressed: partial.at > before });
    }
  };
  const onRetry = (reason: string, ms: number): void =>
    onNote(`${file.name}: ${reason}; trying again in ${Math.max(1, Math.round(ms / 1000))} s`);
  try {
    await withRetries(once, { tries: TRIES, pauseMs, signal, onRetry });
    return restarted;
  } catch (e) {
    if (!(e instanceof Transient)) throw e;
    const how = 'what has arrived is kept; fetch it again and it goes on from there';
    throw failed(
      `${file.name} did not arrive: ${e.message}, ${TRIES} times in a row`,
      client.environment.endpoint,
      how,
    );
  }
}

/** Does the answer begin where the partial file ends? */
function continues({ status, headers }: Answer, at: number, size: number): boolean {
  if (status !== 206) return status === 200 && at === 0;
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  return Number(from) === at && (total === '*' || Number(total) === size);
}

function damaged({ id, environment }: HubClient, { name, checksum }: HubFile, digits: string): CrossflowError {
  const kind = checksum.kind === 'sha256' ? 'sha256' : 'git checksum';
  return failed(
    `${name} of ${id.name} arrived damaged and was thrown away: its ${kind} is ${digits.slice(0, 12)}…, not ${checksum.digits.slice(0, 12)}…`,
    environment.endpoint,
    'try again; if it stays so, something on the way changes files',
  );
}
