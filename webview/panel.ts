/** The panel's page: starts the elements and tells the host that it listens. */
import './styles/panel.css';
import { LineChart } from './charts/line-chart';
import { App } from './elements/app';
import { CurvesView } from './elements/curves-view';
import { EarlyPage } from './elements/early-page';
import { ExportMenu } from './elements/export-menu';
import { FlowBar } from './elements/flow-bar';
import { FlowView } from './elements/flow-view';
import { Header } from './elements/header';
import { ImageView } from './elements/image-view';
import { KnockoutAdder } from './elements/knockout-adder';
import { KnockoutList } from './elements/knockout-list';
import { LayerBar } from './elements/layer-bar';
import { LensView } from './elements/lens-view';
import { OverlayBar } from './elements/overlay-bar';
import { PlanView } from './elements/plan-view';
import { TokenStrip } from './elements/token-strip';
import { Workspace } from './elements/workspace';
import { PanelHost } from './host';
import { PanelStore } from './store';
import { Menu } from './ui/menu';
import { Sash } from './ui/sash';
import { Select } from './ui/select';
import { Tabs } from './ui/tabs';
import { watchTheme } from './ui/theme';
import { ToolChoice } from './ui/tool-choice';
import { registerControls } from './ui/toolkit';

const ELEMENTS = {
  'cf-select': Select,
  'cf-menu': Menu,
  'cf-sash': Sash,
  'cf-tabs': Tabs,
  'cf-tool': ToolChoice,
  'cf-chart': LineChart,
  'cf-header': Header,
  'cf-image': ImageView,
  'cf-overlay': OverlayBar,
  'cf-layers': LayerBar,
  'cf-tokens': TokenStrip,
  'cf-flow': FlowView,
  'cf-flow-bar': FlowBar,
  'cf-curves': CurvesView,
  'cf-knockouts': KnockoutList,
  'cf-adder': KnockoutAdder,
  'cf-lens': LensView,
  'cf-plan': PlanView,
  'cf-early': EarlyPage,
  'cf-export': ExportMenu,
  'cf-workspace': Workspace,
  'crossflow-panel': App,
};

const host = new PanelHost();
const tell = (message: string): void => host.post({ type: 'panel-error', message });
window.addEventListener('error', (e) => tell(e.error instanceof Error ? (e.error.stack ?? e.message) : e.message));
window.addEventListener('unhandledrejection', (e) =>
  tell(e.reason instanceof Error ? (e.reason.stack ?? e.reason.message) : String(e.reason)),
);

registerControls();
watchTheme();
for (const [name, element] of Object.entries(ELEMENTS)) customElements.define(name, element);

const app = document.createElement('crossflow-panel') as App;
app.store = new PanelStore(host, document.body.dataset.uri ?? '');
document.body.append(app);
host.post({ type: 'ready' });
