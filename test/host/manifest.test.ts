import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  COMMANDS,
  CONTEXT,
  LANGUAGE,
  PANEL_TYPE,
  RESULTS_TYPE,
  SETTINGS,
  VIEWS,
  WALKTHROUGH,
} from '../../src/host/ids';
import { PICTURE_ENDINGS } from '../../src/host/pictures';
import { root } from './support';

interface Menu {
  readonly command: string;
  readonly when?: string;
}
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly supported: unknown; readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly menus: Readonly<Record<string, readonly Menu[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, object>> };
    readonly languages: readonly { readonly id: string; readonly filenamePatterns?: readonly string[] }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string }[];
    readonly walkthroughs: readonly {
      readonly id: string;
      readonly steps: readonly { readonly completionEvents?: readonly string[] }[];
    }[];
  };
};
const { contributes } = manifest;
const text = JSON.stringify(manifest);
const sorted = (list: Iterable<string>): string[] => [...list].sort();

describe('the manifest and the code', () => {
  it('have the same commands', () => {
    assert.deepEqual(sorted(contributes.commands.map(({ command }) => command)), sorted(Object.values(COMMANDS)));
    assert.ok(contributes.commands.every(({ category }) => category === 'Crossflow'));
  });

  it('have menus, links and walkthrough steps for commands that exist', () => {
    const known = new Set<string>(Object.values(COMMANDS));
    const named = [
      ...Object.values(contributes.menus)
        .flat()
        .map(({ command }) => command),
      ...[...text.matchAll(/(?:command|onCommand):(crossflow\.\w+)/g)].map(([, id]) => id),
    ];
    assert.deepEqual(
      named.filter((id) => !known.has(id)),
      [],
    );
  });

  it('ask for context keys that the code sets', () => {
    const whens = [...text.matchAll(/"(?:when|enablement)":"((?:[^"\\]|\\.)*)"/g)].map(([, when]) => when).join(' ');
    const asked = new Set([...whens.matchAll(/(?<!')\bcrossflow\.\w+/g)].map(([key]) => key));
    const known = new Set<string>([...Object.values(CONTEXT), VIEWS.start]);
    assert.deepEqual(
      [...asked].filter((key) => !known.has(key)),
      [],
    );
    assert.ok(whens.includes(`activeWebviewPanelId == '${PANEL_TYPE}'`));
    assert.ok(whens.includes(`resourceLangId == ${LANGUAGE}`));
  });

  it('have the same settings, and keep those that decide what runs from untrusted folders', () => {
    const { section, ...keys } = SETTINGS;
    const expected = Object.values(keys).map((key) => `${section}.${key}`);
    const properties = contributes.configuration.properties;
    assert.deepEqual(sorted(Object.keys(properties)), sorted(expected));
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.equal(supported, 'limited');
    assert.deepEqual(
      restrictedConfigurations.filter((key) => !(key in properties)),
      [],
    );
  });

  it('have the same language, views, webviews and walkthrough', () => {
    assert.deepEqual(
      contributes.languages.map(({ id }) => id),
      // Studies are JSON with comments, a language of the editor's own.
      [LANGUAGE, 'jsonc'],
    );
    assert.deepEqual(
      contributes.views[VIEWS.container]?.map(({ id }) => id),
      [VIEWS.start],
    );
    assert.deepEqual(
      contributes.viewsWelcome.map(({ view }) => view),
      [VIEWS.start],
    );
    assert.deepEqual(
      contributes.walkthroughs.map(({ id }) => id),
      [WALKTHROUGH],
    );
    for (const type of [PANEL_TYPE, RESULTS_TYPE])
      assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${type}`));
  });

  it('wakes for a study wherever it lies: in no folder, or in one that cannot be searched', () => {
    const named = contributes.languages.find(({ filenamePatterns = [] }) => filenamePatterns.includes('*.study.json'));
    assert.ok(manifest.activationEvents.includes(`onLanguage:${named!.id}`));
  });

  it('has examples whose comments name a command that is there without a clone', () => {
    const folder = path.join(root, 'examples');
    const texts = readdirSync(folder).filter((name) => name.endsWith('.json'));
    assert.ok(texts.length > 4);
    for (const name of texts) assert.doesNotMatch(readFileSync(path.join(folder, name), 'utf8'), /dist\/cli/, name);
  });

  it('names files that are there', () => {
    const files = new Set([...text.matchAll(/"(?:\.\/)?((?:media|schemas)\/[^"]+)"/g)].map(([, file]) => file));
    assert.ok(files.size > 10);
    assert.deepEqual(
      [...files].filter((file) => !existsSync(path.join(root, file))),
      [],
    );
  });

  it('ticks a step of the walkthrough by what has happened, not by a command that was called', () => {
    const known = new Set<string>(Object.values(CONTEXT));
    for (const { completionEvents = [] } of contributes.walkthroughs.flatMap(({ steps }) => steps)) {
      assert.equal(completionEvents.length, 1);
      assert.match(completionEvents[0], /^onContext:/);
      assert.ok(known.has(completionEvents[0].replace('onContext:', '')), completionEvents[0]);
    }
  });

  it('offers an experiment on every kind of picture that completion names', () => {
    const menu = contributes.menus['explorer/context'].find(({ command }) => command === COMMANDS.newFromFile);
    const [, pattern] = /resourceExtname =~ \/(.+)\/i/.exec(menu?.when ?? '')!;
    for (const ending of [...PICTURE_ENDINGS, 'csv', 'TIFF']) assert.match(`.${ending}`, new RegExp(pattern, 'i'));
    assert.doesNotMatch('.txt', new RegExp(pattern, 'i'));
  });

  it('spell no id anywhere but in ids.ts', () => {
    const sources = readdirSync(path.join(root, 'src/host'), { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && path.basename(file) !== 'ids.ts',
    );
    const ids = [...Object.values(COMMANDS), ...Object.values(CONTEXT), PANEL_TYPE, RESULTS_TYPE, VIEWS.start];
    for (const file of sources) {
      const source = readFileSync(path.join(root, 'src/host', file), 'utf8');
      for (const id of ids) assert.ok(!source.includes(`'${id}'`), `${file} spells ${id}`);
    }
  });
});
