/** Messages as text, with typed arrays kept: in recordings, and between the test and the page. */
const KEY = '$f32';
const BYTES = '$u8';

export function pack(value: unknown, space?: number): string {
  return JSON.stringify(
    value,
    (_key, v: unknown) =>
      v instanceof Float32Array
        ? { [KEY]: Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString('base64') }
        : v instanceof Uint8Array
          ? { [BYTES]: Buffer.from(v).toString('base64') }
          : v,
    space,
  );
}

export function unpack(text: string): unknown {
  return JSON.parse(text, (_key, v: unknown) => {
    if (typeof v !== 'object' || v === null || !(KEY in v) || typeof v[KEY] !== 'string') return v;
    const bytes = Uint8Array.from(Buffer.from(v[KEY], 'base64'));
    return new Float32Array(bytes.buffer);
  });
}
