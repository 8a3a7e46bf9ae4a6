import path from 'node:path';
import { EnginePool } from '../../src/host/engine/pool';
import { LiveSession, type LiveDeps } from '../../src/host/live/session';
import { parseExperiment } from '../../src/core/experiment/parse';
import type { Experiment } from '../../src/core/experiment/types';
import { lensWords } from '../../src/host/words';
import type { HostToPanel } from '../../src/protocol/panel';

export const root = path.resolve(import.meta.dirname, '../..');
export const modelFolder = path.join(root, 'models/shapes-llava');
/** The engine process from its source, as tests run without a bundle. */
export const engineEntry = { entry: path.join(root, 'src/engine-process/main.ts'), execArgv: ['--import', 'tsx'] };

export function pool(grace?: number, lines: string[] = []): EnginePool {
  return new EnginePool({ ...engineEntry, log: (line) => void lines.push(line) }, grace);
}

const TEXT = {
  model: 'models/shapes-llava',
  prompt: 'vicuna_v1',
  image: 'examples/images/2300034.jpg',
  question: 'What is the white shape, a circle or a star?',
  answer: 'star',
  options: ['star', 'circle'],
  knockouts: ['Question->Last', 'Image->Question'] as unknown[],
  window: 3,
};
/** The example question, with these keys changed. */
export function experiment(change: Record<string, unknown> = {}): Experiment {
  const { experiment: read, problems } = parseExperiment(
    JSON.stringify({ ...TEXT, ...change }),
    path.join(root, 'test.flow.json'),
  );
  if (!read) throw new Error(problems.map((problem) => problem.message).join('; '));
  return read;
}

/** A session that remembers what it sent. */
export function session(
  on: EnginePool,
  change: Partial<LiveDeps> = {},
  id = 'test:session',
): { live: LiveSession; sent: HostToPanel[]; take: () => string[] } {
  const sent: HostToPanel[] = [];
  const live = new LiveSession(id, {
    pool: on,
    options: () => ({ threads: 1 }),
    directory: async (model) => (model.kind === 'folder' ? model.path : model.id),
    words: lensWords,
    send: (message) => void sent.push(message),
    changed: () => undefined,
    ...change,
  });
  let from = 0;
  /** Kinds of the messages since the last call, without status. */
  const take = (): string[] => {
    const kinds = sent
      .slice(from)
      .map((message) => message.type)
      .filter((type) => type !== 'status');
    from = sent.length;
    return kinds;
  };
  return { live, sent, take };
}
