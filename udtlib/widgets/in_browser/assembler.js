// WebAssembly without a compiler: an instruction is its bytes, and code is nested lists of instructions.

const I32 = 0x7f, V128 = 0x7b, BLOCK = 0x40, PREFIX = 0xfd;

// A number, seven bits a byte. As a constant it has a sign, for which its last byte keeps a bit free.
function leb(number, most = 127) {
  const bytes = [];
  for (; number > most; number = Math.floor(number / 128)) { bytes.push(number % 128 + 128); }
  return [...bytes, number];
}

const list = (items) => [leb(items.length), items];
const section = (id, ...content) => { const bytes = content.flat(Infinity); return [id, leb(bytes.length), bytes]; };
const text = (word) => list([...word].map((letter) => letter.charCodeAt(0)));
const constant = (number) => [0x41, leb(number, 63)];

// Of four numbers each. `MULTIPLY_ADD` rounds once, where the browser has it; `shuffle` takes four numbers out of the
// eight of two vectors, from the one numbered `first` on.
const simd = (operation, ...rest) => [PREFIX, leb(operation), rest];
export const ROOT = simd(0xe3), PLUS = simd(0xe4), MINUS = simd(0xe5), TIMES = simd(0xe6), OVER = simd(0xe7), GREATER = simd(0xe9);
export const MULTIPLY_ADD = simd(0x105);
export const load = (offset) => simd(0x00, 2, leb(offset)), store = (offset) => simd(0x0b, 2, leb(offset));
export const loadToAll = (offset) => simd(0x09, 2, leb(offset));
export const toAll = (number) => [0x43, [...new Uint8Array(Float32Array.of(number).buffer)], simd(0x13)];
export const shuffle = (first) => simd(0x0d, Array.from({ length: 16 }, (_, byte) => 4 * first + byte));

// Instructions on named numbers: `parameters` and `integers` are addresses or counts, `vectors` start as zeros.
export function instructions(parameters, integers, vectors) {
  const names = [...parameters, ...integers, ...vectors], at = (name) => leb(names.indexOf(name));
  const get = (name) => [0x20, at(name)], set = (name, ...value) => [value, 0x21, at(name)];
  return {
    get, set,
    move: (name, bytes) => set(name, get(name), constant(Math.abs(bytes)), bytes < 0 ? 0x6b : 0x6a),
    repeat: (times, counter, ...body) => [
      set(counter, constant(times)), 0x03, BLOCK, body, get(counter), constant(1), 0x6b, 0x22, at(counter), 0x0d, 0, 0x0b],
    // The bytes of a module that exports a function of the parameters as "run", on a memory it is given.
    module(...body) {
      const locals = list([[leb(integers.length), I32], [leb(vectors.length), V128]]);
      const code = [locals, body, 0x0b].flat(Infinity);
      return Uint8Array.from([
        0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
        section(1, list([[0x60, list(parameters.map(() => I32)), 0]])),
        section(2, list([[text("js"), text("memory"), 2, 0, 1]])),
        section(3, list([0])),
        section(7, list([[text("run"), 0, 0]])),
        section(10, list([[leb(code.length), code]])),
      ].flat(Infinity));
    },
  };
}

// Room for so many numbers; `take` gives out arrays of it. Where a page may not run WebAssembly, `memory` is missing.
export function room(numbers) {
  const pages = Math.ceil(4 * numbers / 65536);
  const memory = globalThis.WebAssembly?.validate && new WebAssembly.Memory({ initial: pages });
  const buffer = memory?.buffer ?? new ArrayBuffer(65536 * pages);
  let next = 0;
  return { memory, buffer, take(size) {
    const array = new Float32Array(buffer, next, size);
    next += 16 * Math.ceil(size / 4); // vectors start at multiples of 16 bytes
    return array;
  } };
}

// The first of several modules that this browser runs, as a function, or else what `plain` is: the same in JavaScript.
export function firstThatRuns({ memory }, modules, plain) {
  const bytes = memory && modules.find((each) => WebAssembly.validate(each));
  return bytes ? new WebAssembly.Instance(new WebAssembly.Module(bytes), { js: { memory } }).exports.run : plain;
}
