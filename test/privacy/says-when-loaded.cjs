// Preloaded into a program: says on standard error what the environment holds when ONNX Runtime is loaded.
const open = process.dlopen;
process.dlopen = function (module, file, ...rest) {
  if (/onnxruntime_binding/.test(file)) {
    const set = Object.keys(process.env).filter((name) => /^ORT_.*(TELEMETRY|UNIT_TESTS)/.test(name));
    process.stderr.write(`LOADED ${set.map((name) => `${name}=${process.env[name]}`).join(' ')}\n`);
  }
  return open.call(this, module, file, ...rest);
};
