// Preloaded into Crossflow: its own code cannot switch ONNX Runtime's telemetry off. What the library then writes shows
// that a test which looks for such files would see them.
const real = process.env;
process.env = new Proxy(real, {
  defineProperty: (env, name, value) => String(name).startsWith('ORT_') || Reflect.defineProperty(env, name, value),
  set: (env, name, value) => String(name).startsWith('ORT_') || Reflect.set(env, name, value),
});
