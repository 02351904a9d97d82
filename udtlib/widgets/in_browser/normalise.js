// Local response normalisation over five channels, in WebAssembly.

import { OVER, PLUS, ROOT, TIMES, firstThatRuns, instructions, load, shuffle, store, toAll } from "./assembler.js";

export const CHANNELS = 32; // of both layers
const STRENGTH = 2e-5;

// The module that divides each of the 32 channels of each pixel, in place, by (1 + 2e-5 * s) ** 0.75, where s is the sum
// of squares of the channel and two on either side. With r = (1 + 2e-5 * s) ** 0.5, that is r * r ** 0.5.
export function normaliseModule(pixels) {
  const fours = Array.from({ length: CHANNELS / 4 }, (_, k) => k), square = (k) => fours.includes(k) ? `square${k}` : "zero";
  const { get, set, move, repeat, module } = instructions(["at"], ["pixel"],
    [...fours.map(square), "zero", "one", "strength", "root"]);
  const value = (k) => [get("at"), load(16 * k)];
  const neighbours = (left, right, first) => [get(square(left)), get(square(right)), shuffle(first), PLUS];
  return module(set("one", toAll(1)), set("strength", toAll(STRENGTH)), repeat(pixels, "pixel",
    fours.map((k) => set(square(k), value(k), value(k), TIMES)),
    fours.map((k) => [
      get(square(k)), neighbours(k - 1, k, 2), neighbours(k - 1, k, 3), neighbours(k, k + 1, 1), neighbours(k, k + 1, 2),
      set("root", get("strength"), TIMES, get("one"), PLUS, ROOT),
      get("at"), value(k), get("root"), get("root"), ROOT, TIMES, OVER, store(16 * k)]),
    move("at", 4 * CHANNELS)));
}

// The same for a browser without vectors.
function plainNormalise(buffer, pixels) {
  const values = new Float32Array(buffer), squares = new Float64Array(CHANNELS + 4);
  return (address) => {
    for (let pixel = 0, at = address / 4; pixel < pixels; pixel++, at += CHANNELS) {
      for (let c = 0; c < CHANNELS; c++) { squares[c + 2] = values[at + c] ** 2; }
      for (let c = 0; c < CHANNELS; c++) {
        const sum = squares[c] + squares[c + 1] + squares[c + 2] + squares[c + 3] + squares[c + 4];
        const root = Math.sqrt(1 + STRENGTH * sum);
        values[at + c] /= root * Math.sqrt(root);
      }
    }
  };
}

// Returns a function of the address of so many pixels in a `room`.
export function normaliseIn(place, pixels) {
  return firstThatRuns(place, [normaliseModule(pixels)], plainNormalise(place.buffer, pixels));
}
