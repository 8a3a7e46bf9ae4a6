/** The licences of what a bundle contains, as their authors ask. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './project.mjs';

/**
 * @param {string[]} inputs esbuild's input files, relative to the project
 * @returns {Promise<string>} name, version, licence and licence text of every package among them, by name
 */
export async function bundledLicenses(inputs) {
  const packages = new Set();
  for (const file of inputs) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file.replaceAll('\\', '/'));
    if (found) packages.add(found[1]);
  }
  const parts = [];
  for (const folder of [...packages].sort()) {
    const manifest = path.join(root, folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, version, license } = JSON.parse(await readFile(manifest, 'utf8'));
    const files = (await readdir(path.join(root, folder)))
      .filter((f) => /^(licen[cs]e|copying|notice)/i.test(f))
      .sort();
    const texts = await Promise.all(files.map((f) => readFile(path.join(root, folder, f), 'utf8').catch(() => '')));
    parts.push([`${name} ${version} (${license ?? 'see its text'})`, ...texts.map((t) => t.trim())].join('\n\n'));
  }
  return parts.join(`\n\n${'-'.repeat(80)}\n\n`) + '\n';
}
