// The correlation filter of a template patch and its response to a search patch, with one channel or several.

import { gaussianLabel, mapOf, spectrumOf } from "./fourier.js";

// The channels of the patch at [x, y], each of mean 0 and deviation 1, then windowed. `picture` is {pixels, width}:
// RGBA row by row. "grey": one channel; "colour and edges": red, green, blue, and grey's differences along x and y.
export function channelsOf({ pixels, width }, [x, y], size, kind, windowed) {
  const part = (band) => Float64Array.from({ length: size * size },
    (_, k) => pixels[4 * ((y + Math.floor(k / size)) * width + x + k % size) + band]);
  const bands = [part(0), part(1), part(2)];
  const grey = bands[0].map((red, k) => (red + bands[1][k] + bands[2][k]) / 3);
  const last = size - 1;
  const edges = (step) => grey.map((_, k) => {
    const place = step === 1 ? k % size : Math.floor(k / size);
    return (grey[k + (place < last ? step : 0)] - grey[k - (place > 0 ? step : 0)]) / 2;
  });
  const raw = kind === "grey" ? [grey] : [...bands, edges(1), edges(size)];
  const hann = Float64Array.from({ length: size }, (_, k) => windowed ? 0.5 - 0.5 * Math.cos(2 * Math.PI * k / last) : 1);
  return raw.map((channel) => prepared(channel, size, hann));
}

function prepared(channel, size, hann) {
  const mean = channel.reduce((sum, value) => sum + value, 0) / channel.length;
  const deviation = Math.sqrt(channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channel.length) || 1;
  return channel.map((value, k) => (value - mean) / deviation * hann[Math.floor(k / size)] * hann[k % size]);
}

// Eq. 2 to 5: filter, strength of its spectrum and response, from the channels of template and search patch.
// `regularisation` is relative to the number of channels times pixels.
export function solveBench(template, search, size, sigma, regularisation) {
  const count = size * size, y = spectrumOf(gaussianLabel(size, sigma), size);
  const xs = template.map((channel) => spectrumOf(channel, size));
  const zs = search.map((channel) => spectrumOf(channel, size));
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
  return { filter: mapOf(filters[0], size), strength: strength.map(Math.sqrt), response: mapOf(response, size) };
}
