/** Problems of an experiment or a study as the editor shows them, and the fixes that make them go away. */
import * as vscode from 'vscode';
import { checkFiles } from '../../core/experiment/files';
import type { Problem, ProblemCode } from '../../core/experiment/problems';
import { parseStudy } from '../../core/study/parse';
import { imageOf, isStudy, parsed, rangeOf } from '../documents';
import type { Flow } from '../flow';
import { csvProblem } from './csv';

const SOURCE = 'Crossflow';
/** Of problems that a run would stop at as well. */
const FILE_CODES: readonly ProblemCode[] = ['missing-file', 'box-outside'];

const DIAGNOSE_AFTER_MS = 200;

interface Known {
  readonly version: number;
  readonly problems: readonly Problem[];
}

export class Diagnostics {
  readonly #collection = vscode.languages.createDiagnosticCollection('crossflow');
  readonly #known = new Map<string, Known>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  /** What is wrong with the text, its files and, where a model has been loaded, what the model cannot do. */
  private async update(document: vscode.TextDocument, flow: Flow | undefined): Promise<void> {
    const { computable, problems, version } = parsed(document);
    const looks = computable && vscode.workspace.isTrusted;
    const files = looks ? await Promise.all([checkFiles(computable), csvProblem(computable)]) : [];
    if (document.isClosed || document.version !== version) return;
    const all = [
      ...(flow?.parsed?.version === version ? flow.problems : problems),
      ...files.flat().filter((one) => one !== undefined),
    ];
    this.#show(document, all, engineError(document, flow, all));
  }

  /**
   * What is wrong with a study. The editor itself reads its syntax and schema, which know neither sets nor names: what it
   * finds is not told twice, but can be fixed.
   */
  private updateStudy(document: vscode.TextDocument): void {
    if (document.isClosed) return;
    const { problems, bySchema } = parseStudy(document.getText(), document.uri.fsPath);
    this.#known.set(document.uri.toString(), { version: document.version, problems });
    this.#collection.set(document.uri, bySchema ? [] : problems.map((problem) => toDiagnostic(document, problem)));
  }

  /** After a change of texts, results or files, problems are looked for once, not at every message. */
  soon(document: vscode.TextDocument, flow: () => Flow | undefined): void {
    const key = document.uri.toString();
    clearTimeout(this.#waiting.get(key));
    this.#waiting.set(
      key,
      setTimeout(() => {
        this.#waiting.delete(key);
        if (isStudy(document)) this.updateStudy(document);
        else void this.update(document, flow());
      }, DIAGNOSE_AFTER_MS),
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
    for (const timer of this.#waiting.values()) clearTimeout(timer);
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

/** What only the engine could find out (a checkpoint it cannot read, an image it cannot decode). */
function engineError(
  document: vscode.TextDocument,
  flow: Flow | undefined,
  others: readonly Problem[],
): vscode.Diagnostic[] {
  const error = flow?.session.error;
  const { source, computable } = parsed(document);
  // What a file lacks has its place already; a wrong knockout does not keep the others from being computed.
  const told = others.some(({ severity, code }) => severity === 'error' && FILE_CODES.includes(code));
  if (error?.kind !== 'usage' || !computable || told) return [];
  const key =
    error.place?.file !== undefined && error.place.file === imageOf(computable)
      ? 'image'
      : /^the (question|prompt) /.test(error.message)
        ? 'question'
        : 'model';
  const node = source.node([key]);
  const diagnostic = new vscode.Diagnostic(rangeOf(document, node ?? { offset: 0, length: 1 }), error.line);
  diagnostic.source = SOURCE;
  return [diagnostic];
}
