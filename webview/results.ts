/** The results page of a data set run. */
import './styles/results.css';
import { ResultsView } from './elements/results-view';
import { resultsHost } from './host';
import { watchTheme } from './ui/theme';
import { registerControls } from './ui/toolkit';

registerControls();
watchTheme();
customElements.define('crossflow-results', ResultsView);
const view = document.createElement('crossflow-results') as ResultsView;
const post = resultsHost((message) => view.receive(message), document.body.dataset.uri ?? '');
view.post = post;
document.body.append(view);
post({ type: 'ready' });
