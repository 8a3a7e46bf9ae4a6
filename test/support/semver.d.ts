/** What tests use of semver, which brings no types. */
declare module 'semver' {
  export function satisfies(version: string, range: string): boolean;
  /** The lowest version that a range allows. */
  export function minVersion(range: string): { readonly version: string } | null;
}
