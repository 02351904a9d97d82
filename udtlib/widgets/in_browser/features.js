// The two-layer network and a low-pass Fourier transform of its features. Memory runs channel by channel last.

import { productOn } from "./product.js";

const MEAN_RGB = [123, 117, 104], OUT = 32; // channels of both layers
const BYTES = 4;

// The weights (output, input, 3, 3) of a layer as rows of 32 outputs: down, right, input.
function packedWeights(weight, inputs) {
  const packed = new Float32Array(9 * inputs * OUT);
  for (let tap = 0; tap < 9; tap++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < OUT; output++) {
        packed[(tap * inputs + input) * OUT + output] = weight[(output * inputs + input) * 9 + tap];
      }
    }
  }
  return packed;
}

// Cosines of the frequencies 0..cutoff in rows, then their sines.
function waves(side, cutoff) {
  const kept = cutoff + 1, rows = new Float32Array(2 * kept * side);
  for (let frequency = 0; frequency < kept; frequency++) {
    for (let at = 0; at < side; at++) {
      const angle = 2 * Math.PI * (frequency * at % side) / side;
      rows[frequency * side + at] = Math.cos(angle);
      rows[(kept + frequency) * side + at] = Math.sin(angle);
    }
  }
  return rows;
}

// Returns a function of a frame, a centre and a window [width, height]: the low-pass spectrum of the windowed features
// there, {real, imaginary}, rows of frequencies 0..K, -1..-K, columns 0..K, 32 channels last.
// `weights` is {conv1: {weight, bias}, conv2: {weight, bias}}, Float32Arrays in PyTorch's order.
export function spectraOf(weights, side, cutoff) {
  const wide = side + 2, kept = cutoff + 1, constants = [
    packedWeights(weights.conv1.weight, 3), weights.conv1.bias, packedWeights(weights.conv2.weight, OUT),
    weights.conv2.bias, waves(side, cutoff), new Float32Array(OUT),
  ];
  const sizes = [...constants.map((each) => each.length), wide * wide * 3, wide * wide * OUT, side * side * OUT,
    2 * kept * side * OUT, 4 * kept * kept * OUT];
  const memory = new WebAssembly.Memory({ initial: Math.ceil(sizes.reduce((sum, size) => sum + 4 * Math.ceil(size / 4), 0) * BYTES / 65536) });
  const product = productOn(memory);
  let next = 0;
  const arrays = sizes.map((size) => {
    const array = new Float32Array(memory.buffer, next, size);
    next += 4 * Math.ceil(size / 4) * BYTES;
    return array;
  });
  constants.forEach((each, place) => arrays[place].set(each));
  const [weight1, bias1, weight2, bias2, wave, zeros, patch, hidden, features, columns, rows] = arrays;
  const hann = Float64Array.from({ length: side }, (_, k) => 0.5 - 0.5 * Math.cos(2 * Math.PI * k / (side - 1)));

  // 3 x 3, line by line, from a map with a border of zeros.
  function convolve(source, inputs, weight, bias, target, targetWide, border, least) {
    for (let line = 0; line < side; line++) {
      product({
        a: source.byteOffset + line * wide * inputs * BYTES, aRow: inputs * BYTES, aSegment: wide * inputs * BYTES, aStep: BYTES,
        b: weight.byteOffset, bRow: OUT * BYTES, start: bias.byteOffset, rows: side, segments: 3, inner: 3 * inputs, least,
        out: target.byteOffset + ((line + border) * targetWide + border) * OUT * BYTES, outRow: OUT * BYTES,
      });
    }
  }

  // Local response normalisation over five channels, then the cosine window, in place.
  function normalise() {
    const square = new Float64Array(OUT + 4);
    for (let row = 0, from = 0; row < side; row++) {
      for (let column = 0; column < side; column++, from += OUT) {
        const fade = hann[row] * hann[column];
        for (let c = 0; c < OUT; c++) { const value = features[from + c]; square[c + 2] = value * value; }
        let sum = square[2] + square[3];
        for (let c = 0; c < OUT; c++) {
          sum += square[c + 4];
          const base = 1 + 2e-5 * sum, root = Math.sqrt(base); // base ** 0.75 is root * sqrt(root)
          features[from + c] *= fade / (root * Math.sqrt(root));
          sum -= square[c];
        }
      }
    }
  }

  // Sums with cosines and sines along the columns, then along the rows.
  function transform() {
    const shared = { start: zeros.byteOffset, rows: 2 * kept, segments: 1, inner: side, aSegment: 0, least: -Infinity,
      a: wave.byteOffset, aRow: side * BYTES, aStep: BYTES };
    const line = OUT * BYTES;
    for (let column = 0; column < side; column++) {
      product({ ...shared, b: features.byteOffset + column * line, bRow: side * line,
        out: columns.byteOffset + column * line, outRow: side * line });
    }
    for (let row = 0; row < 2 * kept; row++) {
      product({ ...shared, b: columns.byteOffset + row * side * line, bRow: line,
        out: rows.byteOffset + row * 2 * kept * line, outRow: line });
    }
  }

  return (frame, centre, window) => {
    samplePatch(frame, centre, window, side, patch);
    convolve(patch, 3, weight1, bias1, hidden, wide, 1, 0);
    convolve(hidden, OUT, weight2, bias2, features, side, 0, -Infinity);
    normalise();
    transform();
    return assembled(rows, kept);
  };
}

// Samples side * side points of a window around a centre, bilinear, 0 outside the frame; then the mean is subtracted.
// `patch` has a border of zeros.
export function samplePatch({ pixels, width, height }, centre, window, side, patch) {
  const low = [new Int32Array(side), new Int32Array(side)], share = [new Float64Array(side), new Float64Array(side)];
  for (let axis = 0; axis < 2; axis++) {
    for (let k = 0; k < side; k++) {
      const place = Math.fround(centre[axis] + (k / (side - 1) - 0.5) * window[axis]);
      low[axis][k] = Math.floor(place);
      share[axis][k] = place - low[axis][k];
    }
  }
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const to = 3 * ((row + 1) * (side + 2) + column + 1);
      for (let band = 0; band < 3; band++) { patch[to + band] = -MEAN_RGB[band]; }
      for (let corner = 0; corner < 4; corner++) {
        const right = corner & 1, down = corner >> 1, x = low[0][column] + right, y = low[1][row] + down;
        if (x < 0 || y < 0 || x >= width || y >= height) { continue; }
        const part = (right ? share[0][column] : 1 - share[0][column]) * (down ? share[1][row] : 1 - share[1][row]);
        const from = 4 * (y * width + x);
        for (let band = 0; band < 3; band++) { patch[to + band] += part * pixels[from + band]; }
      }
    }
  }
}

// Sums with cosines and sines to complex numbers.
function assembled(sums, kept) {
  const count = (2 * kept - 1) * kept * OUT, real = new Float32Array(count), imaginary = new Float32Array(count);
  for (let row = 0; row < kept; row++) {
    for (let column = 0; column < kept; column++) {
      const [cc, cs, sc, ss] = [[0, 0], [0, kept], [kept, 0], [kept, kept]].map(
        ([down, right]) => ((row + down) * 2 * kept + column + right) * OUT);
      const up = (row * kept + column) * OUT, low = ((kept - 1 + row) * kept + column) * OUT;
      for (let c = 0; c < OUT; c++) {
        real[up + c] = sums[cc + c] - sums[ss + c];
        imaginary[up + c] = -sums[cs + c] - sums[sc + c];
        if (row > 0) {
          real[low + c] = sums[cc + c] + sums[ss + c];
          imaginary[low + c] = sums[sc + c] - sums[cs + c];
        }
      }
    }
  }
  return { real, imaginary };
}
