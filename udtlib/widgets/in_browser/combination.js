// Sums of vectors with fixed factors, in WebAssembly.

import { MINUS, MULTIPLY_ADD, PLUS, TIMES, firstThatRuns, instructions, load, store, toAll } from "./assembler.js";

// The module of `out[row] = sum over k of matrix[row][k] * a[k]`, four numbers at once, for each place of `axes`. An axis is
// [how many, from one to the next in `a`, likewise in `out`], the outermost first; `from` lies between a[k] and a[k + 1], `to`
// between out[row] and the next. All distances are in bytes.
export function combinationModule({ matrix, from, to, axes }, fused) {
  const factors = [...new Set(matrix.flat())], given = matrix[0].map((_, k) => `a${k}`);
  const counters = axes.map((_, k) => `counter${k}`), places = axes.map((_, k) => [`in${k}`, `out${k}`]);
  const { get, set, move, repeat, module } = instructions(["in", "out"], [...counters, ...places.flat()], [...given, ...factors.map(String)]);
  const added = (sum, factor, name) => {
    if (factor === 1) { return sum ? [sum, get(name), PLUS] : get(name); }
    if (factor === -1 && sum) { return [sum, get(name), MINUS]; }
    const product = [get(name), get(String(factor))];
    if (!sum) { return [product, TIMES]; }
    return fused ? [product, sum, MULTIPLY_ADD] : [product, TIMES, sum, PLUS];
  };
  const sumOf = (row) => row.reduce((sum, factor, k) => factor ? added(sum, factor, given[k]) : sum, null);
  const combine = ([input, output]) => [
    given.map((name, k) => set(name, get(input), load(k * from))),
    matrix.map((row, k) => [get(output), sumOf(row), store(k * to)])];
  const along = ([input, output], level) => level === axes.length ? combine([input, output]) : [
    set(places[level][0], get(input)), set(places[level][1], get(output)),
    repeat(axes[level][0], counters[level], along(places[level], level + 1),
      places[level].map((name, which) => move(name, axes[level][1 + which])))];
  return module(factors.map((factor) => set(String(factor), toAll(factor))), along(["in", "out"], 0));
}

// The same for a browser without vectors.
function plainCombination(buffer, { matrix, from, to, axes }) {
  const numbers = new Float32Array(buffer);
  const along = (input, output, [axis, ...inner]) => {
    if (axis) {
      for (let k = 0; k < axis[0]; k++) { along(input + k * axis[1], output + k * axis[2], inner); }
      return;
    }
    for (let lane = 0; lane < 4; lane++) {
      matrix.forEach((row, k) => {
        numbers[(output + k * to) / 4 + lane] = row.reduce(
          (sum, factor, column) => sum + factor * numbers[(input + column * from) / 4 + lane], 0);
      });
    }
  };
  return (input, output) => along(input, output, axes);
}

// Returns a function of the addresses of a[0] and out[0] in a `room`.
export function combinationIn(place, shape) {
  const modules = [true, false].map((fused) => combinationModule(shape, fused));
  return firstThatRuns(place, modules, plainCombination(place.buffer, shape));
}
