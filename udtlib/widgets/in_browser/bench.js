// The correlation filter of a template patch and its response to a search patch, with one channel or several.

import { emptySpectrum, gaussianSpectrum, mapsOfTwo, spectraOfTwo } from "./fourier.js";

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

// The spectra of channels, of which two are transformed at once.
export function spectraOfChannels(channels, size) {
  const pairs = channels.map((channel, k) => k % 2 ? [] : spectraOfTwo(channel, channels[k + 1] ?? channel, size));
  return pairs.flat().slice(0, channels.length);
}

// The spectrum of the Gaussian label, which is real.
export function labelOf(size, sigma) {
  const line = gaussianSpectrum(size, sigma, size);
  return Float64Array.from({ length: size * size }, (_, k) => line[Math.floor(k / size)] * line[k % size]);
}

// Eq. 2 to 5: filter, strength of its spectrum and response, from the spectra of template and search patch and that of
// the label. `regularisation` is relative to the number of channels times pixels.
export function solveBench(template, search, label, size, regularisation) {
  const count = size * size, response = emptySpectrum(size), first = emptySpectrum(size);
  const shares = new Float64Array(count).fill(regularisation * count * template.length), strength = new Float64Array(count);
  for (const { real, imaginary } of template) {
    for (let k = 0; k < count; k++) { shares[k] += real[k] * real[k] + imaginary[k] * imaginary[k]; }
  }
  for (let k = 0; k < count; k++) { shares[k] = label[k] / shares[k]; } // of the template in the filter
  template.forEach((x, channel) => {
    const z = search[channel];
    for (let k = 0; k < count; k++) {
      const a = x.real[k] * shares[k], b = x.imaginary[k] * shares[k];
      response.real[k] += a * z.real[k] + b * z.imaginary[k];
      response.imaginary[k] += a * z.imaginary[k] - b * z.real[k];
      strength[k] += a * a + b * b;
      if (channel === 0) { first.real[k] = a; first.imaginary[k] = b; }
    }
  });
  const maps = mapsOfTwo(first, response, size);
  return { filter: maps[0], strength: strength.map(Math.sqrt), response: maps[1] };
}
