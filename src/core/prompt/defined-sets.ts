import { toCrossflowError, usage, type CrossflowError } from '../errors';
import type { PatchPlace } from '../spec';
import { absent } from './resolve';
import { isSetName } from './set-names';
import type { SetDefinition } from './types';

export interface SetContext {
  readonly patches: readonly PatchPlace[];
  /** Position of the first image token. */
  readonly imageStart: number;
  /** Positions of the nth place (from 1) of a text after the image. */
  find(text: string, nth: number): readonly number[] | undefined;
  /** Told of each set that cannot be had, which is then left out; without it the first one is thrown. */
  readonly wrong?: (name: string, error: CrossflowError) => void;
}

/**
 * Adds the user's sets to the published ones.
 * @throws CrossflowError `usage` for a published name, a patch outside the image, a text that is not there, a `not` of
 * an unknown or absent set, and `not`s that lead in a circle
 */
export function defineSets(
  sets: Map<string, readonly number[]>,
  definitions: Readonly<Record<string, SetDefinition>>,
  context: SetContext,
): void {
  const own = new Map(Object.entries(definitions));
  const open: string[] = [];

  const positionsOf = (name: string, usedBy?: string): readonly number[] => {
    const known = sets.get(name);
    if (known) return known;
    const definition = own.get(name);
    if (definition === undefined) {
      const error = absent(name, [...sets.keys(), ...own.keys()]);
      throw usage(`set "${usedBy}": ${error.message}`, undefined, error.hint);
    }
    if (open.includes(name)) {
      const circle = [...open.slice(open.indexOf(name)), name].map((n) => `"${n}"`).join(' not ');
      throw usage(`sets lead in a circle: ${circle}`);
    }
    open.push(name);
    const positions = follow(name, definition);
    open.pop();
    sets.set(name, positions);
    return positions;
  };

  const follow = (name: string, definition: SetDefinition): readonly number[] => {
    switch (definition.kind) {
      case 'patches':
        return patchPositions(name, definition.patches, context);
      case 'text': {
        const { text, nth } = definition;
        const found = context.find(text, nth);
        if (found) return found;
        const often = nth === 1 ? '' : ` ${nth} times`;
        throw usage(`set "${name}": the text "${text}" does not stand after the image${often}`);
      }
      case 'not': {
        const others = new Set(positionsOf(definition.of, name));
        return context.patches
          .map((patch, i) => ({ patch, position: context.imageStart + i }))
          .filter(({ patch, position }) => patch.kind !== 'newline' && patch.kind !== 'mark' && !others.has(position))
          .map(({ position }) => position);
      }
    }
  };

  for (const name of own.keys()) {
    if (isSetName(name)) throw usage(`set "${name}" has the name of a set that always exists; choose another name`);
  }
  for (const name of own.keys()) {
    try {
      positionsOf(name);
    } catch (e) {
      if (!context.wrong) throw e;
      open.length = 0;
      context.wrong(name, toCrossflowError(e));
    }
  }
}

function patchPositions(name: string, patches: readonly number[], { patches: all, imageStart }: SetContext): number[] {
  const wrong = patches.find((p) => !Number.isInteger(p) || p < 0 || p >= all.length);
  if (wrong !== undefined) {
    throw usage(
      `set "${name}": there is no patch ${wrong}`,
      undefined,
      `this image has patches 0 to ${all.length - 1}`,
    );
  }
  return [...new Set(patches)].sort((a, b) => a - b).map((p) => imageStart + p);
}
