// A matrix product in WebAssembly, four numbers at a time: the one loop in which the network spends its time.

const I32 = 0x7f, F32 = 0x7d, V128 = 0x7b, BLOCK = 0x40;
// In this order; all but the last are bytes or counts.
const PARAMETERS = ["a", "b", "out", "start", "rows", "segments", "inner", "aRow", "aSegment", "aStep", "bRow", "outRow", "least"];
const LOCALS = ["pa", "pb", "segment", "left", "more"];
const LANES = 8; // vectors of four: 32 columns

function leb(number) {
  const bytes = [];
  for (; number > 127; number = Math.floor(number / 128)) { bytes.push(number % 128 + 128); }
  return [...bytes, number];
}

const vector = (items) => [...leb(items.length), ...items.flat()];
const section = (id, bytes) => [id, ...leb(bytes.length), ...bytes];
const text = (word) => vector([...word].map((letter) => [letter.charCodeAt(0)]));

// The code of: for each of `rows`: sums = start; for each of `segments`, for each of `inner`: sums += a * b;
// out = max(sums, least). `a` is one number, sums and rows of `b` are 32.
function code(fused) {
  const names = [...PARAMETERS, ...LOCALS], at = (name) => leb(names.indexOf(name));
  const get = (name) => [0x20, ...at(name)], set = (name) => [0x21, ...at(name)];
  const sums = Array.from({ length: LANES }, (_, lane) => leb(names.length + lane));
  const value = leb(names.length + LANES), floor = leb(names.length + LANES + 1);
  const simd = (operation, ...rest) => [0xfd, ...leb(operation), ...rest];
  const load = (lane) => simd(0x00, 2, ...leb(16 * lane)), store = (lane) => simd(0x0b, 2, ...leb(16 * lane));
  const move = (name, step) => [...get(name), ...get(step), 0x6a, ...set(name)];
  const again = (name) => [...get(name), 0x41, 1, 0x6b, 0x22, ...at(name), 0x0d, 0]; // one less; back if any is left
  const loop = (...body) => [0x03, BLOCK, ...body.flat(), 0x0b];
  const accumulate = (sum, lane) => fused
    ? [0x20, ...value, ...get("pb"), ...load(lane), 0x20, ...sum, ...simd(0x105), 0x21, ...sum]
    : [0x20, ...sum, 0x20, ...value, ...get("pb"), ...load(lane), ...simd(0xe6), ...simd(0xe4), 0x21, ...sum];
  return [
    ...get("least"), ...simd(0x13), 0x21, ...floor,
    ...loop(
      sums.flatMap((sum, lane) => [...get("start"), ...load(lane), 0x21, ...sum]),
      [...get("b"), ...set("pb"), ...get("a"), ...set("segment"), ...get("segments"), ...set("more")],
      loop(
        [...get("segment"), ...set("pa"), ...get("inner"), ...set("left")],
        loop(
          [...get("pa"), ...simd(0x09, 2, 0), 0x21, ...value],
          sums.flatMap(accumulate), move("pa", "aStep"), move("pb", "bRow"), again("left"),
        ),
        move("segment", "aSegment"), again("more"),
      ),
      sums.flatMap((sum, lane) => [...get("out"), 0x20, ...sum, 0x20, ...floor, ...simd(0xe9), ...store(lane)]),
      move("out", "outRow"), move("a", "aRow"), again("rows"),
    ),
    0x0b,
  ];
}

function moduleBytes(fused) {
  const parameters = PARAMETERS.map((name) => [name === "least" ? F32 : I32]);
  const locals = vector([[LOCALS.length, I32], [LANES + 2, V128]]);
  const body = [...locals, ...code(fused)];
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, vector([[0x60, ...vector(parameters), 0]])),
    ...section(2, vector([[...text("js"), ...text("memory"), 2, 0, 1]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text("product"), 0, 0]])),
    ...section(10, vector([[...leb(body.length), ...body]])),
  ]);
}

// Returns a function of an object with `PARAMETERS`, on a WebAssembly.Memory. With one rounding for product and sum
// where the browser has that.
export function productOn(memory) {
  const bytes = [true, false].map(moduleBytes).find((each) => WebAssembly.validate(each));
  if (!bytes) { throw new Error("no WebAssembly with vectors"); }
  const { product } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { js: { memory } }).exports;
  return (given) => product(...PARAMETERS.map((name) => given[name]));
}
