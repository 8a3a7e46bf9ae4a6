/** Files below a folder, nearest first. The editor's own search needs a tool that not every installation has. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Bounds for large workspaces: folders that are looked into, how deep, and files that are given. */
const LIMITS = { folders: 2000, depth: 8, files: 2000 };
const SKIPPED = new Set(['node_modules', '__pycache__', 'site-packages', 'venv']);

/** Breadth first, without hidden folders and without following links. What cannot be read is left out. */
export async function filesBelow(root: string, wanted: (name: string) => boolean, limits = LIMITS): Promise<string[]> {
  const found: string[] = [];
  let level = [root];
  let folders = 0;
  for (let depth = 0; depth <= limits.depth && level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      if (++folders > limits.folders || found.length >= limits.files) return found.slice(0, limits.files);
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const file = path.join(folder, entry.name);
        if (entry.isDirectory()) {
          if (!entry.name.startsWith('.') && !SKIPPED.has(entry.name)) next.push(file);
        } else if (wanted(entry.name)) found.push(file);
      }
    }
    level = next;
  }
  return found.slice(0, limits.files);
}
