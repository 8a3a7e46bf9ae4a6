export const TARGETS: Readonly<Record<string, { readonly ort: string; readonly only: readonly string[] }>>;
export function filesFor(target: string, name: string, from: string): string[];
