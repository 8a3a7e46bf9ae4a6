export { journalPath, runDataset } from './run';
export type { DatasetOptions, DatasetProgress, DatasetSummary, RowError } from './run';
