/** The command `crossflow` in the editor's terminals: the command line of this very package, with a Node that is there. */
import { access, chmod, constants } from 'node:fs/promises';
import path from 'node:path';
import type { ExtensionContext } from 'vscode';

/** Named in bin/crossflow and bin/crossflow.cmd as well. */
const NODE_VARIABLE = 'CROSSFLOW_NODE';

export function putOnPath({ environmentVariableCollection: variables, extensionPath }: ExtensionContext): void {
  const bin = path.join(extensionPath, 'bin');
  variables.description = 'Puts the command `crossflow` on the path.';
  // Behind all others: a command of the same name that the user has installed stays theirs.
  const options = { applyAtProcessCreation: true, applyAtShellIntegration: true };
  variables.append('PATH', path.delimiter + bin, options);
  // The editor itself in the desktop, Node on a server; not for other programs, so under a name of our own.
  variables.replace(NODE_VARIABLE, process.execPath, options);
  if (process.platform !== 'win32') void makeExecutable(path.join(bin, 'crossflow'));
}

/** A package that was made or unpacked without permissions. A folder that may not be written to stays as it is. */
async function makeExecutable(file: string): Promise<void> {
  await access(file, constants.X_OK).catch(() => chmod(file, 0o755).catch(() => undefined));
}
