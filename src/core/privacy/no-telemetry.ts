/**
 * Imported for its effect, first of all, by every program that may load ONNX Runtime and by the one file that imports
 * it. Setting `process.env` in Node sets the process's environment, where native libraries read it.
 */
import { NO_TELEMETRY } from './telemetry';

Object.assign(process.env, NO_TELEMETRY);
