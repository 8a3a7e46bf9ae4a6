import { version } from '../../../package.json';

/** Crossflow's own version: results of two versions are never mixed. */
export const CROSSFLOW_VERSION: string = version;
