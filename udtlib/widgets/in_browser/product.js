// A matrix product for the network and its Fourier transforms, four rows and eight columns at a time.

import { GREATER, MULTIPLY_ADD, PLUS, TIMES, firstThatRuns, instructions, load, loadToAll, store } from "./assembler.js";

export const ROWS = 4; // whose sums, with eight columns, stay in a processor's registers
export const COLUMNS = 8;
export const wholeFours = (rows) => ROWS * Math.ceil(rows / ROWS);

// The module of `out = start + a * b`, for `shape`, of which all is in bytes but the counts:
// rows, a multiple of four; aRow: from one to the next; outRow: likewise in `out`;
// inner: numbers of a row of `a`, one beside the other, in as many `segments`, aSegment apart; bRow: from row to row of `b`;
// panels: of eight columns each, bPanel apart in `b`, side by side in `out` and in `start`, which is one row;
// positive: whether what is below 0 becomes 0.
export function productModule({ rows, aRow, outRow, segments = 1, inner, aSegment = 0, bRow, panels, bPanel, positive }, fused) {
  const four = [0, 1, 2, 3], halves = [0, 1], sum = (row, half) => `sum${row}${half}`;
  const sums = four.flatMap((row) => halves.map((half) => [row, half]));
  const { get, set, move, repeat, module } = instructions(["a", "b", "out", "start"],
    ["rowA", "rowOut", "segmentA", "nextA", "nextB", "panel", "row", "segment", "step"],
    [...sums.map((each) => sum(...each)), "b0", "b1", "value", "zero"]);
  const accumulate = (row, half) => set(sum(row, half), fused
    ? [get("value"), get(`b${half}`), get(sum(row, half)), MULTIPLY_ADD]
    : [get("value"), get(`b${half}`), TIMES, get(sum(row, half)), PLUS]);
  const turns = [9, 8, 7, 5, 4, 3, 2, 1].find((each) => inner / segments % each === 0); // of the innermost loop at once
  const result = (row, half) => positive ? [get(sum(row, half)), get("zero"), GREATER] : get(sum(row, half));
  return module(repeat(panels, "panel",
    set("rowA", get("a")), set("rowOut", get("out")),
    repeat(rows / ROWS, "row",
      sums.map(([row, half]) => set(sum(row, half), get("start"), load(16 * half))),
      set("nextB", get("b")), set("segmentA", get("rowA")),
      repeat(segments, "segment",
        set("nextA", get("segmentA")),
        repeat(inner / segments / turns, "step",
          Array.from({ length: turns }, (_, turn) => [
            halves.map((half) => set(`b${half}`, get("nextB"), load(turn * bRow + 16 * half))),
            four.map((row) => [set("value", get("nextA"), loadToAll(row * aRow + 4 * turn)), halves.map((half) => accumulate(row, half))])]),
          move("nextA", 4 * turns), move("nextB", turns * bRow)),
        move("segmentA", aSegment)),
      sums.map(([row, half]) => [get("rowOut"), result(row, half), store(row * outRow + 16 * half)]),
      move("rowA", ROWS * aRow), move("rowOut", ROWS * outRow)),
    move("b", bPanel), move("start", 4 * COLUMNS), move("out", 4 * COLUMNS)));
}

// The same, one number at a time, for a browser without vectors.
function plainProduct(buffer, { rows, aRow, outRow, segments = 1, inner, aSegment = 0, bRow, panels, bPanel, positive }) {
  const numbers = new Float32Array(buffer), run = inner / segments;
  return (a, b, out, start) => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < COLUMNS * panels; column++) {
        let sum = numbers[start / 4 + column], nextB = (b + Math.floor(column / COLUMNS) * bPanel) / 4 + column % COLUMNS;
        for (let segment = 0; segment < segments; segment++) {
          const from = (a + row * aRow + segment * aSegment) / 4;
          for (let step = 0; step < run; step++, nextB += bRow / 4) { sum += numbers[from + step] * numbers[nextB]; }
        }
        numbers[(out + row * outRow) / 4 + column] = positive ? Math.max(sum, 0) : sum;
      }
    }
  };
}

// Returns a function of the addresses of a, b, out and start in a `room`.
export function productIn(place, shape) {
  const modules = [true, false].map((fused) => productModule(shape, fused));
  return firstThatRuns(place, modules, plainProduct(place.buffer, shape));
}
