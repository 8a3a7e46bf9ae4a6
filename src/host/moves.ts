/** Where an experiment is after files were renamed. Pure: of the editor only the shape of its URIs. */

export interface Place {
  readonly scheme: string;
  readonly path: string;
}
/** A file, or a folder with all that is in it. */
export interface Rename<U extends Place> {
  readonly oldUri: U;
  readonly newUri: U;
}

/** `uri` is `folder` itself or lies in it. */
export const isWithin = (uri: Place, folder: Place): boolean =>
  uri.scheme === folder.scheme && (uri.path === folder.path || uri.path.startsWith(`${folder.path}/`));

/** The new place; undefined when it stayed. */
export function movedTo<U extends Place & { with(change: { path: string }): U }>(
  uri: U,
  { oldUri, newUri }: Rename<U>,
): U | undefined {
  if (!isWithin(uri, oldUri)) return undefined;
  return newUri.with({ path: newUri.path + uri.path.slice(oldUri.path.length) });
}
