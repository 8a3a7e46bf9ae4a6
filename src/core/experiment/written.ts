/** What stands in a file, as what it means: models, knockouts and sets, as experiments and studies write them. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { readHubId } from '../hub/id';
import { BUILTIN_SETS } from './names';
import type { Problem } from './problems';
import { toKnockout } from './references';
import type { KnockoutInFile, SetInFile } from './schema';
import { valueOf, type Source } from './source';
import type { Experiment, Knockout, SetDefinition } from './types';

/** A folder if it starts with `.`, `/` or `~/`, or exists; else a Hugging Face id. `place`: where it is written. */
export function readModel(
  written: string,
  source: Source,
  place: readonly (string | number)[],
): { model?: Experiment['model']; problem?: Problem } {
  const home = /^~[/\\]/.test(written) ? join(homedir(), written.slice(2)) : written;
  const path = resolve(dirname(source.file), home);
  if (written.startsWith('.') || isAbsolute(home) || existsSync(path)) return { model: { kind: 'folder', path } };
  if (readHubId(written)) return { model: { kind: 'hub', id: written } };
  const hint = 'a folder begins with ./ or ../, an id is organisation/name or organisation/name@revision';
  return {
    problem: source.problem(
      'bad-model',
      source.valueRange([...place]),
      `"${written}" is neither a folder nor a Hugging Face id`,
      { hint },
    ),
  };
}

/** The knockouts that can be read, and problems for those that cannot. */
export function readKnockouts(
  written: readonly KnockoutInFile[],
  window: number,
  source: Source,
): { knockouts: Knockout[]; problems: Problem[] } {
  const read = written.map((k) => toKnockout(k, window));
  return {
    knockouts: read.filter((k) => k !== undefined),
    problems: read.flatMap((knockout, i) =>
      knockout
        ? []
        : [
            source.problem('bad-edge', source.valueRange(['knockouts', i]), 'not an edge', {
              hint: 'write "Source->Target"',
            }),
          ],
    ),
  };
}

export function toSets(written: Readonly<Record<string, SetInFile>> = {}): Record<string, SetDefinition> {
  return Object.fromEntries(Object.entries(written).map(([name, set]) => [name, toSet(set)]));
}

function toSet(written: SetInFile): SetDefinition {
  if ('patches' in written) {
    return { kind: 'patches', patches: [...new Set(written.patches)].sort((a, b) => a - b) };
  }
  if ('text' in written) return { kind: 'text', text: written.text, nth: written.nth ?? 1 };
  return { kind: 'not', of: written.not.trim() };
}

/** A system message is the chat template's to write; a prompt by name is fixed text. `place`: where the message is. */
export function systemProblems(
  { system, prompt }: { readonly system?: string | undefined; readonly prompt?: string | undefined },
  source: Source,
  place: readonly (string | number)[],
): Problem[] {
  if (system === undefined || prompt === undefined) return [];
  const hint = `remove one of the two: "${prompt}" is fixed text, and only a chat template has a system turn`;
  return [source.problem('conflict', source.keyRange([...place]), '"system" cannot stand beside "prompt"', { hint })];
}

/** `place`: where the limits are. */
export function pixelProblems(
  pixels: readonly [number, number] | undefined,
  source: Source,
  place: readonly (string | number)[],
): Problem[] {
  if (pixels === undefined || pixels[0] <= pixels[1]) return [];
  const message = `"pixels": the fewest (${pixels[0]}) are more than the most (${pixels[1]})`;
  return [source.problem('wrong-value', source.valueRange([...place]), message, { hint: 'the fewest come first' })];
}

/** Sets that a file's knockouts may name: its own and those that always exist. */
export function namesIn(source: Source): string[] {
  const sets = source.node(['sets']);
  const own = sets?.type === 'object' ? Object.keys(valueOf(sets) as object) : [];
  return [...own, ...BUILTIN_SETS.map((set) => set.name)];
}
