/** What a message is about. A banner or a notification stands where no file is in sight, so it says so itself. Pure. */
import path from 'node:path';
import type { CrossflowError } from '../core/errors';

/** `shapes-llava/config.json`: enough to know a file by. */
const shortName = (file: string): string => file.split(path.sep).slice(-2).join('/');

/** For a banner: the file that the error is about, where its message does not name it. */
export function banner({ message, place, hint }: CrossflowError): { readonly message: string; readonly hint?: string } {
  const { file, line } = place ?? {};
  const named = file === undefined || message.includes(path.basename(file));
  const where = named ? '' : `${shortName(file)}${line === undefined ? '' : `:${line}`}: `;
  return { message: where + message, ...(hint && { hint }) };
}

/** For a notification: `Crossflow: star: …`, unless the error has a place of its own. */
export const notice = (subject: string, error: CrossflowError): string =>
  `Crossflow: ${error.place?.file === undefined ? `${subject}: ` : ''}${error.line}`;
