/** Problems of an experiment or a study as the editor shows them, and the fixes that make them go away. */
import * as vscode from 'vscode';
import { checkAgainstModel, type ModelFacts } from '../../core/experiment/facts';
import { checkFiles } from '../../core/experiment/files';
import type { Problem } from '../../core/experiment/problems';
import { parseStudy } from '../../core/study/parse';
import { parsed, rangeOf } from '../documents';
import type { Flow } from '../flow';

const SOURCE = 'Crossflow';

interface Known {
  readonly version: number;
  readonly problems: readonly Problem[];
}

export class Diagnostics {
  readonly #collection = vscode.languages.createDiagnosticCollection('crossflow');
  readonly #known = new Map<string, Known>();

  /** What is wrong with the text, its files and, where a model has been loaded, what the model cannot do. */
  async update(document: vscode.TextDocument, flow: Flow | undefined): Promise<void> {
    const { experiment, problems, version } = parsed(document);
    const files = experiment && vscode.workspace.isTrusted ? await checkFiles(experiment) : [];
    if (document.isClosed || document.version !== version) return;
    const facts = flow && factsOf(flow);
    const model = experiment && facts ? checkAgainstModel(experiment, facts) : [];
    const all = [...problems, ...files, ...model];
    this.#show(document, all, engineError(document, flow, all));
  }

  /** What is wrong with a study. The editor itself reads its syntax and schema, which know neither sets nor names. */
  updateStudy(document: vscode.TextDocument): void {
    if (document.isClosed) return;
    const { problems } = parseStudy(document.getText(), document.uri.fsPath);
    this.#show(
      document,
      problems.filter(({ code }) => code !== 'syntax'),
    );
  }

  #show(document: vscode.TextDocument, problems: readonly Problem[], more: readonly vscode.Diagnostic[] = []): void {
    this.#known.set(document.uri.toString(), { version: document.version, problems });
    this.#collection.set(document.uri, [...problems.map((problem) => toDiagnostic(document, problem)), ...more]);
  }

  /** Fixes of the problems that a range touches. */
  fixesAt(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    const known = this.#known.get(document.uri.toString());
    if (known?.version !== document.version) return [];
    return known.problems
      .filter((problem) => rangeOf(document, problem).intersection(range))
      .flatMap((problem) =>
        (problem.fixes ?? []).map((fix, i) => {
          const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
          action.diagnostics = [toDiagnostic(document, problem)];
          action.isPreferred = i === 0;
          action.edit = new vscode.WorkspaceEdit();
          for (const edit of fix.edits) action.edit.replace(document.uri, rangeOf(document, edit), edit.content);
          return action;
        }),
      );
  }

  forget(uri: vscode.Uri): void {
    this.#known.delete(uri.toString());
    this.#collection.delete(uri);
  }

  dispose(): void {
    this.#collection.dispose();
  }
}

function toDiagnostic(document: vscode.TextDocument, problem: Problem): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(
    rangeOf(document, problem),
    problem.message + (problem.hint ? ` (${problem.hint})` : ''),
    problem.severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning,
  );
  diagnostic.source = SOURCE;
  diagnostic.code = problem.code;
  return diagnostic;
}

function factsOf({ session, experiment }: Flow): ModelFacts | undefined {
  const { model, example } = session.shown;
  // The example on the screen may belong to an earlier text; only its number of patches is sure to hold then.
  if (!model || !experiment) return undefined;
  return { layers: model.layers, heads: model.heads, ...(example && { imageTokens: example.imageTokens }) };
}

/** What only the engine could find out (a checkpoint it cannot read, an image it cannot decode). */
function engineError(
  document: vscode.TextDocument,
  flow: Flow | undefined,
  others: readonly Problem[],
): vscode.Diagnostic[] {
  const error = flow?.session.error;
  if (error?.kind !== 'usage' || others.some((problem) => problem.severity === 'error')) return [];
  const { source, experiment } = parsed(document);
  const image = experiment?.subject.kind === 'question' ? experiment.subject.image : undefined;
  const key = error.place?.file !== undefined && error.place.file === image ? 'image' : 'model';
  const node = source.node([key]);
  const diagnostic = new vscode.Diagnostic(rangeOf(document, node ?? { offset: 0, length: 1 }), error.line);
  diagnostic.source = SOURCE;
  return [diagnostic];
}
