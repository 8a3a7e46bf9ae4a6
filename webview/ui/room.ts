/** Which arrangement the panel's width has room for, and word when that changes. */
import { BESIDE_FROM, roomFor, WIDE_FROM, type Room } from '../model/layout';

const edges = [BESIDE_FROM, WIDE_FROM].map((from) => window.matchMedia(`(min-width: ${from}px)`));

export const roomNow = (): Room => roomFor(window.innerWidth);

/** Calls back only when another arrangement fits, not at every change of the width. Returns the way to stop. */
export function onRoom(listener: () => void): () => void {
  edges.forEach((edge) => edge.addEventListener('change', listener));
  return () => edges.forEach((edge) => edge.removeEventListener('change', listener));
}
