// The two-layer network and a low-pass Fourier transform of its features, on the graphics processor (WebGL 2).
// Maps are textures of four channels a layer, patches lie below each other; numbers are float32 throughout.

const HEAD = `#version 300 es
precision highp float; precision highp sampler2DArray; precision highp sampler2D;
`;

const SAMPLE = `${HEAD}
uniform sampler2D image; uniform int side; uniform vec2 centre; uniform vec2 windows[3];
layout(location = 0) out vec4 patch_;
vec3 pixel(ivec2 at) { // 0 outside the image
  ivec2 size = textureSize(image, 0);
  bool inside = at.x >= 0 && at.y >= 0 && at.x < size.x && at.y < size.y;
  return inside ? texelFetch(image, at, 0).rgb * 255.0 : vec3(0);
}
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec2 line = vec2(at.x, at.y % side) / float(side - 1) - 0.5;
  vec2 place = centre + line * windows[at.y / side];
  ivec2 low = ivec2(floor(place));
  vec2 share = place - vec2(low);
  vec3 top = mix(pixel(low), pixel(low + ivec2(1, 0)), share.x);
  vec3 bottom = mix(pixel(low + ivec2(0, 1)), pixel(low + ivec2(1, 1)), share.x);
  patch_ = vec4(mix(top, bottom, share.y) - vec3(123, 117, 104), 0);
}`;

// 3 x 3, with zeros around each patch: eight of the output channels, from all input channels.
const CONVOLVE = (groups, relu) => `${HEAD}
uniform sampler2DArray source; uniform int side;
layout(std140) uniform Weights { mat4 weight[${18 * groups}]; vec4 bias[2]; };
layout(location = 0) out vec4 first; layout(location = 1) out vec4 second;
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  int row = at.y % side;
  vec4 a = bias[0], b = bias[1];
  for (int tap = 0; tap < 9; tap++) {
    ivec2 step = ivec2(tap % 3, tap / 3) - 1;
    if (row + step.y < 0 || row + step.y >= side || at.x + step.x < 0 || at.x + step.x >= side) { continue; }
    for (int group = 0; group < ${groups}; group++) {
      vec4 value = texelFetch(source, ivec3(at + step, group), 0);
      int place = 2 * (tap * ${groups} + group);
      a += weight[place] * value;
      b += weight[place + 1] * value;
    }
  }
  first = ${relu ? "max(a, 0.0)" : "a"};
  second = ${relu ? "max(b, 0.0)" : "b"};
}`;

// Local response normalisation over five channels, then the cosine window along both axes.
const NORMALISE = `${HEAD}
uniform sampler2DArray source; uniform int side; uniform int group;
layout(location = 0) out vec4 normal;
vec4 layer(int which) { return which < 0 || which > 7 ? vec4(0) : texelFetch(source, ivec3(gl_FragCoord.xy, which), 0); }
float hann(int at) { return 0.5 - 0.5 * cos(6.283185307179586 * float(at) / float(side - 1)); }
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  vec4 value = layer(group), s = value * value, before = layer(group - 1), after = layer(group + 1);
  before *= before;
  after *= after;
  vec4 sum = vec4(before.z + before.w + s.x + s.y + s.z, before.w + s.x + s.y + s.z + s.w,
    s.x + s.y + s.z + s.w + after.x, s.y + s.z + s.w + after.x + after.y);
  vec4 base = inversesqrt(1.0 + 2e-5 * sum);
  normal = value * base * sqrt(base) * hann(at.x) * hann(at.y % side);
}`;

const WAVES = "texelFetch(waves, ivec2(%at, %frequency), 0).xy"; // cosine and sine
const wave = (at, frequency) => WAVES.replace("%at", at).replace("%frequency", frequency);

// Along the columns of each patch: sums with cosines and sines of the kept frequencies.
const COLUMNS = `${HEAD}
uniform sampler2DArray source; uniform sampler2D waves; uniform int side, group, kept;
layout(location = 0) out vec4 cosines; layout(location = 1) out vec4 sines;
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  int start = at.y / kept * side, frequency = at.y % kept;
  cosines = sines = vec4(0);
  for (int row = 0; row < side; row++) {
    vec4 value = texelFetch(source, ivec3(at.x, start + row, group), 0);
    vec2 turn = ${wave("row", "frequency")};
    cosines += turn.x * value;
    sines += turn.y * value;
  }
}`;

// And along the rows. The groups of channels lie beside each other.
const ROWS = `${HEAD}
uniform sampler2DArray source; uniform sampler2D waves; uniform int side, kept;
layout(location = 0) out vec4 cc; layout(location = 1) out vec4 cs;
layout(location = 2) out vec4 sc; layout(location = 3) out vec4 ss;
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  int group = at.x / kept, frequency = at.x % kept;
  cc = cs = sc = ss = vec4(0);
  for (int column = 0; column < side; column++) {
    vec4 c = texelFetch(source, ivec3(column, at.y, 2 * group), 0);
    vec4 s = texelFetch(source, ivec3(column, at.y, 2 * group + 1), 0);
    vec2 turn = ${wave("column", "frequency")};
    cc += turn.x * c;
    cs += turn.y * c;
    sc += turn.x * s;
    ss += turn.y * s;
  }
}`;

const CORNERS = `#version 300 es
void main() { gl_Position = vec4(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1, 0, 1); }`;
const GROUPS = 8; // of four channels

function program(gl, text) {
  const made = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, CORNERS], [gl.FRAGMENT_SHADER, text]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) { throw new Error(gl.getShaderInfoLog(shader)); }
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) { throw new Error(gl.getProgramInfoLog(made)); }
  return made;
}

// Weights (output, input, 3, 3) of eight output channels as the shader takes them: a 4 x 4 matrix, column by column,
// for each tap, group of inputs and half of the outputs; then the biases.
function packedWeights(weight, bias, inputs, part) {
  const groups = Math.ceil(inputs / 4), packed = new Float32Array(18 * groups * 16 + 8);
  for (let tap = 0; tap < 9; tap++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < 8; output++) {
        const matrix = 2 * (tap * groups + (input >> 2)) + (output >> 2);
        packed[16 * matrix + 4 * (input & 3) + (output & 3)] = weight[((8 * part + output) * inputs + input) * 9 + tap];
      }
    }
  }
  packed.set(bias.subarray(8 * part, 8 * part + 8), packed.length - 8);
  return packed;
}

// Returns {load(pixels, width, height), spectra(centre, windows)}; throws where the browser lacks what it takes.
// `weights` is {conv1: {weight, bias}, conv2: {weight, bias}}, Float32Arrays in PyTorch's order.
export function featuresOnGpu(weights, side, cutoff) {
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  if (!gl || !gl.getExtension("EXT_color_buffer_float")) { throw new Error("no WebGL 2 with float textures"); }
  const kept = cutoff + 1, most = 3, texture = new Map();

  function made(name, target, width, height, layers) {
    const one = gl.createTexture();
    gl.bindTexture(target, one);
    if (layers) { gl.texStorage3D(target, 1, gl.RGBA32F, width, height, layers); }
    for (const parameter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) { gl.texParameteri(target, parameter, gl.NEAREST); }
    texture.set(name, { one, target, width, height });
    return one;
  }
  const array = gl.TEXTURE_2D_ARRAY, flat = gl.TEXTURE_2D;
  made("patches", array, side, side * most, 1);
  made("hidden", array, side, side * most, GROUPS);
  made("features", array, side, side * most, GROUPS);
  made("columns", array, side, kept * most, 2 * GROUPS);
  made("rows", array, kept * GROUPS, kept * most, 4);
  made("image", flat);
  made("waves", flat);
  const turns = new Float32Array(2 * side * kept);
  for (let frequency = 0; frequency < kept; frequency++) {
    for (let at = 0; at < side; at++) {
      const angle = 2 * Math.PI * (frequency * at % side) / side;
      turns.set([Math.cos(angle), Math.sin(angle)], 2 * (frequency * side + at));
    }
  }
  gl.texImage2D(flat, 0, gl.RG32F, side, kept, 0, gl.RG, gl.FLOAT, turns);
  gl.bindVertexArray(gl.createVertexArray());
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());

  const programs = {
    sample: program(gl, SAMPLE), first: program(gl, CONVOLVE(1, true)), second: program(gl, CONVOLVE(GROUPS, false)),
    normalise: program(gl, NORMALISE), columns: program(gl, COLUMNS), rows: program(gl, ROWS),
  };
  const uniformBuffers = Object.fromEntries([["first", weights.conv1, 3], ["second", weights.conv2, 32]].map(
    ([name, layer, inputs]) => [name, [0, 1, 2, 3].map((part) => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(gl.UNIFORM_BUFFER, buffer);
      gl.bufferData(gl.UNIFORM_BUFFER, packedWeights(layer.weight, layer.bias, inputs, part), gl.STATIC_DRAW);
      return buffer;
    })]));

  // Draws `height` rows of the layers of a texture, from another one.
  function pass(name, source, target, layers, height, numbers = {}) {
    const used = programs[name], goal = texture.get(target), from = texture.get(source);
    gl.useProgram(used);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(from.target, from.one);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(flat, texture.get("waves").one);
    gl.uniform1i(gl.getUniformLocation(used, source === "image" ? "image" : "source"), 0);
    gl.uniform1i(gl.getUniformLocation(used, "waves"), 1);
    for (const [key, value] of Object.entries({ side, kept, ...numbers })) {
      const place = gl.getUniformLocation(used, key);
      if (typeof value === "number") { gl.uniform1i(place, value); } else { gl.uniform2fv(place, value); }
    }
    for (let slot = 0; slot < 4; slot++) {
      const point = gl.COLOR_ATTACHMENT0 + slot;
      gl.framebufferTextureLayer(gl.FRAMEBUFFER, point, slot < layers.length ? goal.one : null, 0, layers[slot] ?? 0);
    }
    gl.drawBuffers(layers.map((_, slot) => gl.COLOR_ATTACHMENT0 + slot));
    gl.viewport(0, 0, goal.width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  function load(pixels, width, height) {
    gl.bindTexture(flat, texture.get("image").one);
    gl.texImage2D(flat, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  }

  // The low-pass spectra of the windowed features of some windows [width, height] around a centre: for each window
  // {real, imaginary}, rows of frequencies 0..K, -1..-K, columns 0..K, 32 channels last.
  function spectra(centre, windows) {
    const count = windows.length, height = side * count;
    const padded = [...windows, ...Array(most - count).fill([1, 1])].flat();
    pass("sample", "image", "patches", [0], height, { centre, windows: padded });
    for (const [name, source, target] of [["first", "patches", "hidden"], ["second", "hidden", "features"]]) {
      gl.uniformBlockBinding(programs[name], gl.getUniformBlockIndex(programs[name], "Weights"), 0);
      uniformBuffers[name].forEach((buffer, part) => {
        gl.bindBufferBase(gl.UNIFORM_BUFFER, 0, buffer);
        pass(name, source, target, [2 * part, 2 * part + 1], height);
      });
    }
    for (let group = 0; group < GROUPS; group++) { pass("normalise", "features", "hidden", [group], height, { group }); }
    for (let group = 0; group < GROUPS; group++) {
      pass("columns", "hidden", "columns", [2 * group, 2 * group + 1], kept * count, { group });
    }
    pass("rows", "columns", "rows", [0, 1, 2, 3], kept * count);
    const width = kept * GROUPS, sums = [0, 1, 2, 3].map((slot) => {
      const values = new Float32Array(4 * width * kept * count);
      gl.readBuffer(gl.COLOR_ATTACHMENT0 + slot);
      gl.readPixels(0, 0, width, kept * count, gl.RGBA, gl.FLOAT, values);
      return values;
    });
    return windows.map((_, patch) => assembled(sums, patch, kept, width));
  }
  return { load, spectra };
}

// Sums with cosines and sines (first letter: along columns) to complex numbers.
function assembled([cc, cs, sc, ss], patch, kept, width) {
  const channels = 4 * GROUPS, count = (2 * kept - 1) * kept * channels;
  const real = new Float32Array(count), imaginary = new Float32Array(count);
  for (let row = 0; row < kept; row++) {
    for (let column = 0; column < kept; column++) {
      for (let channel = 0; channel < channels; channel++) {
        const from = 4 * ((patch * kept + row) * width + (channel >> 2) * kept + column) + (channel & 3);
        const up = (row * kept + column) * channels + channel;
        real[up] = cc[from] - ss[from];
        imaginary[up] = -(cs[from] + sc[from]);
        if (row > 0) {
          const down = ((kept - 1 + row) * kept + column) * channels + channel;
          real[down] = cc[from] + ss[from];
          imaginary[down] = sc[from] - cs[from];
        }
      }
    }
  }
  return { real, imaginary };
}
