/** Registers what the editor offers inside the text of an experiment. Each provider asks a pure module and converts. */
import { format } from 'jsonc-parser';
import * as vscode from 'vscode';
import { Source } from '../../core/experiment/source';
import { parsed, rangeOf } from '../documents';
import type { Flow } from '../flow';
import { COMMANDS, FLOW_SELECTOR, STUDY_SELECTOR } from '../ids';
import { inlayHintsOn, onInlayHints } from '../settings';
import { complete, type Suggestion } from './complete';
import { describe } from './describe';
import { diskFacts } from './disk';
import type { Diagnostics } from './diagnostics';
import { hintsOf } from './hints';
import { outlineOf } from './symbols';

export interface LanguageDeps {
  flow(document: vscode.TextDocument): Flow | undefined;
  readonly diagnostics: Diagnostics;
  /** Fires when results that the text shows have changed. */
  readonly resultsChanged: vscode.Event<Flow>;
  /** Folder of the models that the extension keeps for the user. */
  readonly keptModels: string;
}

const KINDS: Readonly<Record<Suggestion['kind'], vscode.CompletionItemKind>> = {
  key: vscode.CompletionItemKind.Property,
  file: vscode.CompletionItemKind.File,
  folder: vscode.CompletionItemKind.Folder,
  set: vscode.CompletionItemKind.Variable,
  edge: vscode.CompletionItemKind.Event,
  value: vscode.CompletionItemKind.Value,
};
const NOTHING = { knockouts: [], curves: [] };

export function registerLanguage(deps: LanguageDeps): vscode.Disposable {
  const shown = (document: vscode.TextDocument) => deps.flow(document)?.session.shown ?? NOTHING;
  const hintsChanged = new vscode.EventEmitter<void>();
  const lensesChanged = new vscode.EventEmitter<void>();
  const { languages } = vscode;
  return vscode.Disposable.from(
    hintsChanged,
    lensesChanged,
    deps.resultsChanged(() => hintsChanged.fire()),
    onInlayHints(() => hintsChanged.fire()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => lensesChanged.fire()),

    languages.registerCompletionItemProvider(
      FLOW_SELECTOR,
      {
        async provideCompletionItems(document, position) {
          const { source } = parsed(document);
          const disk = await diskFacts(document.uri, deps.keptModels);
          const items = complete(source, document.offsetAt(position), disk).map((suggestion, order) =>
            toItem(document, suggestion, order),
          );
          // Asked again at each key: a quote typed after the list opened changes what is replaced.
          return new vscode.CompletionList(items, true);
        },
      },
      '"',
      ':',
      ' ',
      '/',
      '>',
    ),

    languages.registerHoverProvider(FLOW_SELECTOR, {
      provideHover(document, position) {
        const { source, computable } = parsed(document);
        const found = describe(source, document.offsetAt(position), computable, shown(document));
        return found && new vscode.Hover(new vscode.MarkdownString(found.markdown), rangeOf(document, found));
      },
    }),

    languages.registerCodeLensProvider(FLOW_SELECTOR, {
      onDidChangeCodeLenses: lensesChanged.event,
      provideCodeLenses(document) {
        const { source } = parsed(document);
        const at = rangeOf(document, { offset: source.root?.offset ?? 0, length: 0 });
        const lens = (title: string, command: string, tooltip: string): vscode.CodeLens =>
          new vscode.CodeLens(at, { title, command, tooltip, arguments: [document.uri] });
        const open = lens('Open panel', COMMANDS.openPanel, 'The picture, the answer and the curves, beside this text');
        if (!vscode.workspace.isTrusted) return [open];
        if (source.node(['dataset']))
          return [
            lens('Run data set', COMMANDS.runDataset, 'Runs every question; goes on where a stopped run was'),
            lens('Results', COMMANDS.openResults, 'The results of the last run'),
          ];
        return [
          lens('Run', COMMANDS.run, 'Computes everything anew'),
          open,
          lens('Check', COMMANDS.check, 'Computes the curves both ways, also the slow one, and compares'),
        ];
      },
    }),

    languages.registerCodeLensProvider(STUDY_SELECTOR, {
      onDidChangeCodeLenses: lensesChanged.event,
      provideCodeLenses(document) {
        if (!vscode.workspace.isTrusted) return [];
        const { root } = new Source(document.getText(), document.uri.fsPath);
        const at = rangeOf(document, { offset: root?.offset ?? 0, length: 0 });
        const lens = (title: string, command: string, tooltip: string): vscode.CodeLens =>
          new vscode.CodeLens(at, { title, command, tooltip, arguments: [document.uri] });
        return [
          lens(
            'Run',
            COMMANDS.runStudy,
            'Asks every question that has no result yet, then makes tables, figures and report',
          ),
          lens('Status', COMMANDS.studyStatus, 'How far each run is, here, in a terminal or on a cluster'),
          lens('Report', COMMANDS.studyReport, 'Makes figures and report of the results so far, and opens the report'),
        ];
      },
    }),

    languages.registerInlayHintsProvider(FLOW_SELECTOR, {
      onDidChangeInlayHints: hintsChanged.event,
      provideInlayHints(document, range) {
        if (!inlayHintsOn()) return [];
        const { source, computable } = parsed(document);
        const hints = hintsOf(source, computable ?? deps.flow(document)?.experiment, shown(document));
        return hints.flatMap(({ offset, text, tooltip }) => {
          const at = document.positionAt(offset);
          if (!range.contains(at)) return [];
          const hint = new vscode.InlayHint(at, text);
          hint.paddingLeft = true;
          hint.tooltip = tooltip;
          return [hint];
        });
      },
    }),

    languages.registerDocumentSymbolProvider(FLOW_SELECTOR, {
      provideDocumentSymbols: (document) => outlineOf(document, parsed(document).source),
    }),

    languages.registerDocumentFormattingEditProvider(FLOW_SELECTOR, {
      provideDocumentFormattingEdits(document, { tabSize, insertSpaces }) {
        // Lists of numbers stay on one line where they fit: only lines are indented, nothing is broken up.
        const options = { tabSize, insertSpaces, keepLines: true };
        return format(document.getText(), undefined, options).map(({ offset, length, content }) =>
          vscode.TextEdit.replace(rangeOf(document, { offset, length }), content),
        );
      },
    }),

    languages.registerCodeActionsProvider(
      [...FLOW_SELECTOR, ...STUDY_SELECTOR],
      {
        provideCodeActions: (document, range) => deps.diagnostics.fixesAt(document, range),
      },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    ),
  );
}

function toItem(document: vscode.TextDocument, suggestion: Suggestion, order: number): vscode.CompletionItem {
  const item = new vscode.CompletionItem(suggestion.label, KINDS[suggestion.kind]);
  item.insertText = suggestion.snippet ? new vscode.SnippetString(suggestion.insert) : suggestion.insert;
  item.range = rangeOf(document, suggestion);
  // Where a quote has been typed the editor would filter away every label without one.
  item.filterText = suggestion.filter;
  if (suggestion.more) item.command = { command: 'editor.action.triggerSuggest', title: 'Suggest a value' };
  item.sortText = String(order).padStart(4, '0');
  if (suggestion.detail) item.documentation = new vscode.MarkdownString(suggestion.detail);
  return item;
}
