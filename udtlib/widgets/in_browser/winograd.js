// A 3 x 3 convolution of 32 channels by Winograd's method, with a quarter of the multiplications (Lavin and Gray, CVPR 2016).

import { combinationIn } from "./combination.js";
import { CHANNELS } from "./normalise.js";
import { COLUMNS, productIn, wholeFours } from "./product.js";

// Four sums on a line, of three products each, are OUTPUT * p. The six numbers p are those of WEIGHTS * w times those of INPUT * d,
// one by one, where w are the three weights and d the six numbers they slide over: 6 products instead of 12. For 4 x 4 sums from
// 6 x 6 numbers each matrix is applied to columns, then to rows: 36 products instead of 144.
const INPUT = [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1]];
const WEIGHTS = [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6], [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1]];
const OUTPUT = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]];
const GIVEN = 6, SUMS = 4, PRODUCTS = GIVEN * GIVEN;
const ALL = GIVEN + 1; // the product that OUTPUT adds to each of the sums, and so the one that the bias belongs to

// For each product a matrix of inputs and outputs, in panels of eight outputs, from the weights (output, input, 3, 3).
function transformedWeights(weight, transformed) {
  for (let output = 0; output < CHANNELS; output++) {
    for (let input = 0; input < CHANNELS; input++) {
      const tap = weight.subarray(9 * (output * CHANNELS + input));
      const panel = Math.floor(output / COLUMNS) * CHANNELS * COLUMNS, at = panel + input * COLUMNS + output % COLUMNS;
      WEIGHTS.forEach((above, row) => WEIGHTS.forEach((along, column) => {
        const sum = above.reduce((all, a, y) => all + along.reduce((line, b, x) => line + a * b * tap[3 * y + x], 0), 0);
        transformed[(row * GIVEN + column) * CHANNELS * CHANNELS + at] = sum;
      }));
    }
  }
  return transformed;
}

// How many lines, and pixels of a line, are read for a result of `side`: whole squares of 4 x 4 sums, and a border of 1.
export const readFor = (side) => SUMS * Math.ceil(side / SUMS) + 2;

// Returns a function of a source and where its result goes, both in a `room`, 32 channels last. Each has lines `wide` pixels
// apart; `side` pixels of a line are written, and `readFor(side) - 2` lines.
export function winogradIn(place, side, wide, { weight, bias }) {
  const width = readFor(side), tiles = Math.ceil(side / SUMS), rows = wholeFours(tiles), pixel = 4 * CHANNELS;
  const plane = (rows + 1) * pixel; // no power of two: such distances crowd a cache
  const weights = transformedWeights(weight, place.take(PRODUCTS * CHANNELS * CHANNELS)).byteOffset;
  const [lines, evaluated, products, none, start] = [GIVEN * width * CHANNELS, PRODUCTS * plane / 4, PRODUCTS * plane / 4, CHANNELS, CHANNELS]
    .map((size) => place.take(size));
  start.set(bias);
  const vectors = [CHANNELS / 4, 16, 16], line = width * pixel;
  const columnsIn = combinationIn(place, { matrix: INPUT, from: wide * pixel, to: line, axes: [[width, pixel, pixel], vectors] });
  const rowsIn = combinationIn(place, { matrix: INPUT, from: pixel, to: plane,
    axes: [[GIVEN, line, GIVEN * plane], [tiles, SUMS * pixel, pixel], vectors] });
  const multiply = productIn(place, { rows, aRow: pixel, outRow: pixel, inner: CHANNELS, bRow: 4 * COLUMNS, panels: CHANNELS / COLUMNS,
    bPanel: pixel * COLUMNS });
  const rowsOut = combinationIn(place, { matrix: OUTPUT, from: plane, to: pixel,
    axes: [[GIVEN, GIVEN * plane, line], [tiles, pixel, SUMS * pixel], vectors] });
  const columnsOut = combinationIn(place, { matrix: OUTPUT, from: line, to: wide * pixel, axes: [[side, pixel, pixel], vectors] });
  return (source, target) => {
    for (let y = 0; y < side; y += SUMS) {
      columnsIn(source.byteOffset + y * wide * pixel, lines.byteOffset);
      rowsIn(lines.byteOffset, evaluated.byteOffset);
      for (let k = 0; k < PRODUCTS; k++) {
        multiply(evaluated.byteOffset + k * plane, weights + k * pixel * CHANNELS, products.byteOffset + k * plane,
          (k === ALL ? start : none).byteOffset);
      }
      rowsOut(products.byteOffset, lines.byteOffset);
      columnsOut(lines.byteOffset, target.byteOffset + y * wide * pixel);
    }
  };
}
