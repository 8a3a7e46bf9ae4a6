/** Every id that the manifest and the code share; a test holds them against package.json. */

export const LANGUAGE = 'crossflow';
export const FLOW_SUFFIX = '.flow.json';
/** Our files wherever they lie: on disk or not yet saved. */
export const FLOW_SELECTOR = [
  { language: LANGUAGE, scheme: 'file' },
  { language: LANGUAGE, scheme: 'untitled' },
];
const STUDIES = '**/*.study.{json,jsonc}';
export const STUDY_SELECTOR = [
  { pattern: STUDIES, scheme: 'file' },
  { pattern: STUDIES, scheme: 'untitled' },
];

export const COMMANDS = {
  openPanel: 'crossflow.openPanel',
  run: 'crossflow.run',
  runDataset: 'crossflow.runDataset',
  runStudy: 'crossflow.runStudy',
  studyStatus: 'crossflow.studyStatus',
  studyReport: 'crossflow.studyReport',
  check: 'crossflow.check',
  cancel: 'crossflow.cancel',
  restartEngine: 'crossflow.restartEngine',
  openExample: 'crossflow.openExample',
  newExperiment: 'crossflow.newExperiment',
  newFromFile: 'crossflow.newExperimentFromFile',
  newFromFolder: 'crossflow.newExperimentFromFolder',
  openResults: 'crossflow.openResults',
  exportFigure: 'crossflow.export',
  downloadModel: 'crossflow.downloadModel',
  showOutput: 'crossflow.showOutput',
  playLayers: 'crossflow.playLayers',
  nextLayer: 'crossflow.nextLayer',
  previousLayer: 'crossflow.previousLayer',
  clearPatches: 'crossflow.clearPatches',
  focusImage: 'crossflow.focusImage',
  lockPanel: 'crossflow.lockPanel',
  unlockPanel: 'crossflow.unlockPanel',
  undo: 'crossflow.undo',
  redo: 'crossflow.redo',
  openWalkthrough: 'crossflow.openWalkthrough',
} as const;

export const SETTINGS = {
  section: 'crossflow',
  threads: 'threads',
  memoryBudget: 'memoryBudget',
  device: 'device',
  outputFolder: 'outputFolder',
  runOnOpen: 'runOnOpen',
  inlayHints: 'inlayHints',
} as const;

export const VIEWS = { container: 'crossflow', start: 'crossflow.start' } as const;
export const PANEL_TYPE = 'crossflow.panel';
export const RESULTS_TYPE = 'crossflow.results';
export const REPORT_TYPE = 'crossflow.report';
export const WALKTHROUGH = 'crossflow.start';
/** What is remembered from one window to the next. */
export const STATE = {
  opening: 'crossflow.opening',
  running: 'crossflow.running',
  locked: 'crossflow.locked',
} as const;
/** Context keys that menus ask. */
export const CONTEXT = {
  /** A panel is open, wherever the focus is. */
  panelOpen: 'crossflow.panelOpen',
  /** The panel in front, or the only one, stays with its experiment. */
  panelLocked: 'crossflow.panelLocked',
  /** Anything runs; then the files of what does; then whether it is what the panel in front shows. */
  busy: 'crossflow.busy',
  busyPaths: 'crossflow.busyPaths',
  panelBusy: 'crossflow.panelBusy',
  checkpointFolders: 'crossflow.checkpointFolders',
  /** What has really happened, for the ticks of the walkthrough. */
  didExample: 'crossflow.didExample',
  didPanel: 'crossflow.didPanel',
  didPatches: 'crossflow.didPatches',
  didDataset: 'crossflow.didDataset',
  didOwn: 'crossflow.didOwn',
} as const;
