/**
 * What keeps ONNX Runtime's telemetry off. The library reads these once, when it is loaded or first used; the binding
 * for Node has no call that would do the same.
 *
 * - Linux and macOS: `ORT_DISABLE_TELEMETRY` (from 1.29 on, where telemetry came to these systems), and the name that
 *   development builds had for it.
 * - Windows: the library registers an ETW provider that the system's own diagnostics service listens to, and asks for
 *   neither of these. The one variable that it asks for (by the code of onnxruntime.dll 1.30.0, in the constructor that
 *   registers the provider) is that of its unit tests. docs/privacy.md says what was tried.
 */
export const NO_TELEMETRY: Readonly<Record<string, string>> = {
  ORT_DISABLE_TELEMETRY: '1',
  ORT_TELEMETRY_DISABLED: '1',
  ...(process.platform === 'win32' && { ORT_RUNNING_UNIT_TESTS: '1' }),
};
