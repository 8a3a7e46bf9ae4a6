/** What the item in the status bar says: to eyes, under the pointer, and to a screen reader. Pure. */
import { size } from '../core/words';
import type { MemoryReport } from '../protocol/engine';

export interface EngineFacts {
  /** Its checkpoint's folder, by name. */
  readonly name: string;
  /** Why it ended by itself; undefined while it has not. */
  readonly down?: string;
  readonly memory?: MemoryReport;
  readonly pid?: number;
}
export interface WorkFacts {
  readonly title: string;
  readonly what: string;
}
export interface StatusWords {
  /** With the editor's icons. */
  readonly text: string;
  readonly markdown: string;
  /** Plain words. */
  readonly spoken: string;
}

/** The process's own memory, which is what a plan counts: mapped files go when the memory is wanted. */
const own = ({ resident, mapped = 0 }: MemoryReport): number => resident - mapped;

export function statusWords(engines: readonly EngineFacts[], working: readonly WorkFacts[]): StatusWords {
  const reports = engines.flatMap(({ memory }) => memory ?? []);
  const total = reports.reduce((sum, report) => sum + own(report), 0);
  const known = reports.every(({ mapped }) => mapped !== undefined);
  const down = engines.some((engine) => engine.down !== undefined);
  const [first, ...more] = working;
  const icon = first ? '$(sync~spin)' : down ? '$(error)' : '$(circuit-board)';
  const doing = first ? first.what + (more.length > 0 ? ` and ${more.length} more` : '') : down ? 'engine ended' : '';
  const held = reports.length > 0 ? `Crossflow ${size(total)}` : 'Crossflow';
  const lines = [
    ...engines.flatMap((engine) => linesOf(engine).map((line) => [engine.name, line] as const)),
    ...working.map(({ title, what }) => [title, what] as const),
  ];
  const memory =
    reports.length === 0 ? (down ? '' : 'engine starting') : `${size(total)} of ${known ? 'own memory' : 'memory'}`;
  return {
    text: [icon, doing, held].filter((part) => part !== '').join(' '),
    markdown:
      lines.map(([name, line]) => `**${escaped(name)}**: ${escaped(line)}`).join('\n\n') || 'The engine is starting.',
    spoken: ['Crossflow', doing, memory].filter((part) => part !== '').join(', '),
  };
}

function linesOf({ down, memory, pid }: EngineFacts): string[] {
  if (down !== undefined) return [down];
  if (!memory) return [];
  const { resident, mapped, caches } = memory;
  const of = `, of which caches ${size(caches)}${pid === undefined ? '' : ` (process ${pid})`}`;
  if (mapped === undefined) return [`${size(resident)} of memory, weights in mapped files included${of}`];
  return [
    `${size(own(memory))} of its own memory, which is what a plan counts${of}`,
    ...(mapped > 0
      ? [`${size(mapped)} of files that are mapped; the system takes them back when memory runs short`]
      : []),
  ];
}

const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&');
