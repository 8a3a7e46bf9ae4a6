import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where Crossflow keeps what can be made again: $CROSSFLOW_CACHE, else `crossflow` where this system keeps such things. */
export function ownCacheFolder(variables: Readonly<Record<string, string | undefined>> = process.env): string {
  const { CROSSFLOW_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = variables;
  if (CROSSFLOW_CACHE) return CROSSFLOW_CACHE;
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'crossflow');
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'crossflow');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'crossflow');
  return join(homedir(), '.cache', 'crossflow');
}
