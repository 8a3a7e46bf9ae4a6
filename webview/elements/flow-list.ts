/** The strongest edges of a layer as a table: the keyboard's way to block one. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ExampleInfo } from '../../src/protocol/panel';
import type { FlowEdge, FlowGraph } from '../flow/edges';
import { columnName } from '../flow/words';
import { weight } from '../model/words';

const LISTED = 12;
/** Why an edge that is drawn cannot be a knockout. */
export const CANNOT = 'No set can hold that token alone: words before the image and blanks have no name.';

export interface FlowListOptions {
  readonly graph: FlowGraph;
  readonly example: ExampleInfo;
  readonly layer: number;
  readonly editable: boolean;
  canBlock(edge: FlowEdge): boolean;
  block(edge: FlowEdge): void;
}

export function flowList({ graph: g, example, layer, editable, canBlock, block }: FlowListOptions): TemplateResult {
  const strongest: FlowEdge[] = [];
  for (const e of g.edges) {
    if (e.layer === layer) strongest.push(e);
    if (strongest.length === LISTED) break;
  }
  return html`<table class="cf-table">
    <thead>
      <tr>
        <th scope="col">From</th>
        <th scope="col">To</th>
        <th scope="col" class="cf-right">Attention</th>
        <th scope="col"><span class="cf-hidden">Block it</span></th>
      </tr>
    </thead>
    <tbody>
      ${strongest.map((e) => {
        const can = canBlock(e);
        return html`<tr>
          <td>${columnName(g, example, e.from)}</td>
          <td>${columnName(g, example, e.to)}</td>
          <td class="cf-right">${weight(e.weight)}</td>
          <td>
            <vscode-button
              appearance="secondary"
              class="cf-small"
              ?disabled=${!editable || !can}
              title=${can ? nothing : CANNOT}
              aria-label="Block ${columnName(g, example, e.from)} to ${columnName(g, example, e.to)}"
              @click=${() => block(e)}
              >Block</vscode-button
            >
          </td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}
