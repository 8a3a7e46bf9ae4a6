import { stat } from 'node:fs/promises';

/** True when there is a folder of that name (links followed). */
export const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );
/** True when there is a file of that name (links followed). */
export const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile(),
    () => false,
  );
/** The file's bytes, or undefined when there is no such file (links followed). */
export const fileSize = async (path: string): Promise<number | undefined> =>
  stat(path).then(
    (s) => (s.isFile() ? s.size : undefined),
    () => undefined,
  );
