import { dependencies, version } from '../../../package.json';

/** Crossflow's own version: results of two versions are never mixed. */
export const CROSSFLOW_VERSION: string = version;
/** The version of ONNX Runtime, which computes all numbers. */
export const RUNTIME_VERSION: string = dependencies['onnxruntime-node'];
