// The correlation filter at one frequency, and the gradients of its loss. A complex number is [real, imaginary].

export const times = (a, b) => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
export const conjugate = (a) => [a[0], -a[1]];
export const scaled = (a, factor) => [a[0] * factor, a[1] * factor];
export const minus = (a, b) => [a[0] - b[0], a[1] - b[1]];
export const energyOf = (a) => a[0] * a[0] + a[1] * a[1];

// x: template, z: search patch, y: label, which is also the response that the loss asks for.
export function solveFrequency({ x, z, y, ridge }) {
  const energy = energyOf(x) + ridge;
  const filter = scaled(times(x, conjugate(y)), 1 / energy); // Eq. 2
  const response = times(conjugate(filter), z); // Eq. 3
  const arriving = minus(response, y);
  const search = times(arriving, filter); // Eq. 7, search patch
  const pull = 2 * times(arriving, conjugate(response))[0];
  const sent = times(times(conjugate(arriving), y), z);
  const template = scaled(minus(sent, scaled(x, pull)), 1 / energy); // Eq. 7, template, collected
  return { energy, filter, response, arriving, search, template, loss: energyOf(arriving) / 2 };
}
