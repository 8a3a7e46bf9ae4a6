/** File names from names that come from files of others. */

/** Names that Windows keeps for devices, whatever their ending. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/i;
const LONGEST = 80;

/** Letters, digits, `_`, `-`, `.`: a name that any file system takes and that leads to no other folder. */
export function safeName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replaceAll('->', '_to_')
    .replace(/[^\p{L}\p{M}\p{N}_.-]+/gu, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '_');
  const short = Array.from(plain).slice(0, LONGEST).join('').replace(/\.$/, '_');
  return short === '' || DEVICES.test(short.split('.')[0]) ? `_${short}` : short;
}

/** The same, but no two alike, also where letters' case does not count: later ones get `_2`, `_3`… */
export function safeNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const safe = safeName(name);
    for (let i = 1; ; i++) {
      const unique = i === 1 ? safe : `${safe}_${i}`;
      if (taken.has(unique.toLowerCase())) continue;
      taken.add(unique.toLowerCase());
      return unique;
    }
  });
}
