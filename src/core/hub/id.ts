import { usage } from '../errors';

/** A model on the hub: `owner/name`, and which state of it. */
export interface HubId {
  readonly name: string;
  /** A branch, a tag, `refs/pr/1`, or a commit. Left out: the branch `main`. */
  readonly revision?: string;
}

/** As huggingface_hub's validate_repo_id: letters, digits, `_ - .`; neither `--` nor `..`, no `-` or `.` at the ends. */
const NAME = /^\w[\w.-]*\/\w[\w.-]*$/;
/** What git allows in a name and every file system in a path. */
const REVISION = /^\w[\w.-]*(\/\w[\w.-]*)*$/;
const LONGEST = 96;

/** True for a commit's full name. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** Reads `owner/name` or `owner/name@revision`; undefined for anything else. */
export function readHubId(text: string): HubId | undefined {
  const [, name = '', revision] = /^([^@]+)(?:@(.+))?$/s.exec(text) ?? [];
  if (!NAME.test(name) || name.length > LONGEST || /--|\.\./.test(name)) return undefined;
  if (name.split('/').some((part) => /[.-]$/.test(part))) return undefined;
  if (revision === undefined) return { name };
  return REVISION.test(revision) && !/\.\.|\.lock$/.test(revision) ? { name, revision } : undefined;
}

/** @throws CrossflowError `usage` when it is no id */
export function hubId(text: string, revision?: string): HubId {
  const id = readHubId(revision === undefined ? text : `${text}@${revision}`);
  if (id) return id;
  if (revision !== undefined && readHubId(text)) throw usage(`"${revision}" is no revision`, undefined, REVISIONS);
  throw usage(`"${text}" is no Hugging Face id`, undefined, 'an id is owner/name or owner/name@revision');
}
const REVISIONS = 'a revision is a branch, a tag or a commit';

export const idText = ({ name, revision }: HubId): string => (revision === undefined ? name : `${name}@${revision}`);
