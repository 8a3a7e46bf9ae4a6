/** Which picture a new experiment asks about. */
import path from 'node:path';
import * as vscode from 'vscode';
import { diskFacts } from '../language/disk';
import { PICTURE_ENDINGS } from '../pictures';
import { asWritten } from '../written';

/** As the text names it, relative to `folder`; undefined when the user changed their mind. Asks where there is a choice. */
export async function choosePicture(folder: string): Promise<string | undefined> {
  const { images } = await diskFacts(vscode.Uri.file(path.join(folder, 'x')), '');
  if (images.length === 1) return images[0];
  const other = { label: 'Another Picture…', picture: undefined };
  const choices = [...images.map((picture) => ({ label: picture, picture })), other];
  const picked =
    images.length === 0
      ? other
      : await vscode.window.showQuickPick(choices, {
          title: 'New Crossflow experiment',
          placeHolder: 'Which picture do you ask about?',
        });
  if (!picked) return undefined;
  if (picked.picture !== undefined) return picked.picture;
  const [file] =
    (await vscode.window.showOpenDialog({
      title: 'Which picture do you ask about?',
      openLabel: 'Use This Picture',
      defaultUri: vscode.Uri.file(folder),
      filters: { Pictures: [...PICTURE_ENDINGS] },
    })) ?? [];
  return file && asWritten(folder, file.fsPath);
}
