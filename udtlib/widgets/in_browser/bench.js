// The correlation filter of a template patch and its response to a search patch, with one channel or several.

import { gaussianLabel, mapsOfTwo, spectraOfTwo } from "./fourier.js";

// The channels of the patch at [x, y], each of mean 0 and deviation 1, then windowed. `picture` is {pixels, width}:
// RGBA row by row. "grey": one channel; "colour and edges": red, green, blue, and grey's differences along x and y.
export function channelsOf({ pixels, width }, [x, y], size, kind, windowed) {
  const count = size * size, last = size - 1, empty = () => new Float64Array(count);
  const bands = [empty(), empty(), empty()], grey = empty();
  for (let row = 0, k = 0; row < size; row++) {
    for (let column = 0; column < size; column++, k++) {
      const from = 4 * ((y + row) * width + x + column);
      for (let band = 0; band < 3; band++) { bands[band][k] = pixels[from + band]; }
      grey[k] = (bands[0][k] + bands[1][k] + bands[2][k]) / 3;
    }
  }
  const hann = Float64Array.from({ length: size }, (_, k) => windowed ? 0.5 - 0.5 * Math.cos(2 * Math.PI * k / last) : 1);
  if (kind === "grey") { return [prepared(grey, size, hann)]; }
  const along = empty(), down = empty();
  for (let row = 0, k = 0; row < size; row++) {
    for (let column = 0; column < size; column++, k++) {
      along[k] = (grey[k + (column < last)] - grey[k - (column > 0)]) / 2;
      down[k] = (grey[k + (row < last) * size] - grey[k - (row > 0) * size]) / 2;
    }
  }
  return [...bands, along, down].map((channel) => prepared(channel, size, hann));
}

function prepared(channel, size, hann) {
  let sum = 0, squares = 0;
  for (let k = 0; k < channel.length; k++) { sum += channel[k]; }
  const mean = sum / channel.length;
  for (let k = 0; k < channel.length; k++) { squares += (channel[k] - mean) ** 2; }
  const deviation = Math.sqrt(squares / channel.length) || 1;
  for (let row = 0, k = 0; row < size; row++) {
    for (let column = 0; column < size; column++, k++) {
      channel[k] = (channel[k] - mean) / deviation * hann[row] * hann[column];
    }
  }
  return channel;
}

// Eq. 2 to 5: filter, strength of its spectrum and response, from the channels of template and search patch.
// `regularisation` is relative to the number of channels times pixels.
export function solveBench(template, search, size, sigma, regularisation) {
  const count = size * size, label = gaussianLabel(size, sigma), [y] = spectraOfTwo(label, label, size);
  const pairs = template.map((channel, k) => spectraOfTwo(channel, search[k], size));
  const [xs, zs] = [0, 1].map((which) => pairs.map((pair) => pair[which]));
  const energy = new Float64Array(count).fill(regularisation * count * template.length);
  for (const x of xs) {
    for (let k = 0; k < count; k++) { energy[k] += x.real[k] ** 2 + x.imaginary[k] ** 2; }
  }
  const empty = () => ({ real: new Float64Array(count), imaginary: new Float64Array(count) });
  const response = empty(), strength = new Float64Array(count);
  const filters = xs.map((x, channel) => {
    const filter = empty(), z = zs[channel];
    for (let k = 0; k < count; k++) {
      const a = filter.real[k] = (x.real[k] * y.real[k] + x.imaginary[k] * y.imaginary[k]) / energy[k];
      const b = filter.imaginary[k] = (x.imaginary[k] * y.real[k] - x.real[k] * y.imaginary[k]) / energy[k];
      response.real[k] += a * z.real[k] + b * z.imaginary[k];
      response.imaginary[k] += a * z.imaginary[k] - b * z.real[k];
      strength[k] += a * a + b * b;
    }
    return filter;
  });
  const maps = mapsOfTwo(filters[0], response, size);
  return { filter: maps[0], strength: strength.map(Math.sqrt), response: maps[1] };
}
