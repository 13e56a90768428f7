// What computes in the page: dropout, a small network, its gradients and Adam, in float32. The
// twin of `layer.py` and `network.py`, in their words: `rate` is the probability of dropping, a
// mask is 1 where a unit is kept, and weights have the shape (inputs, outputs), row after row.
//
// It runs in a page opened from a folder, and in a worker made from `dropoutLab.text`. A page
// gets it without these comment lines and on one line, so each statement ends with a semicolon.
(function engine() {
  "use strict";

  // PractRand's sfc32. Each seed has many streams, such as one for weights and one for masks.
  function generator(seed, stream = 0) {
    // Whole numbers of 32 bits, in an array: a variable would be a new object after each change.
    const state = Int32Array.of(0, seed, stream, 1);
    const random = () => {
      const word = state[0] + state[1] + state[3]++ | 0, c = state[2];
      state[0] = state[1] ^ state[1] >>> 9;
      state[1] = c + (c << 3);
      state[2] = (c << 21 | c >>> 11) + word;
      return (word >>> 0) / 2 ** 32;
    };
    random.integer = n => Math.floor(n * random());
    random.normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    random.shuffled = n => {
      const order = [];
      for (let k = 0; k < n; k++) order.splice(random.integer(k + 1), 0, k);
      return order;
    };
    // The first numbers of neighboring seeds are alike.
    for (let k = 0; k < 12; k++) random();
    return random;
  }

  // It draws as many numbers at every rate: what a small one drops, a larger one drops too. Here,
  // and wherever a step passes, a loop: `map` calls a function for each number, which takes longer.
  const sampleMask = (size, rate, random) => {
    const mask = new Uint8Array(size);
    for (let k = 0; k < size; k++) mask[k] = random() >= rate;
    return mask;
  };

  function dropout(x, mask, rate) {
    // At rate 1 all units are dropped, and the scale would be infinite.
    const scale = rate < 1 ? 1 / (1 - rate) : 0;
    const result = x.slice();
    for (let k = 0; k < x.length; k++) result[k] *= mask[k] * scale;
    return result;
  }

  // Once the mask is drawn, dropout multiplies by a constant, and so does the chain rule.
  const dropoutBackward = dropout;

  function logSoftmax(logits, classes) {
    const result = logits.slice();
    for (let start = 0; start < logits.length; start += classes) {
      // Without the largest score no power overflows.
      const row = result.subarray(start, start + classes), largest = Math.max(...row);
      const sum = row.reduce((total, score) => total + Math.exp(score - largest), 0);
      row.forEach((score, k) => row[k] = score - largest - Math.log(sum));
    }
    return result;
  }

  const softmax = (logits, classes) => logSoftmax(logits, classes).map(Math.exp);

  const crossEntropy = (logs, labels, classes) =>
    -labels.reduce((sum, label, i) => sum + logs[i * classes + label], 0) / labels.length;

  // x times weights, plus bias. ReLU and dropout leave many inputs at zero, which add nothing; the
  // others are taken four at a time, which takes half as long. Past their end stand zeros.
  function dense(x, weights, bias, examples) {
    const outputs = bias.length, result = new Float32Array(examples * outputs);
    const values = new Float32Array(weights.length / outputs + 3), edges = new Uint32Array(values);
    for (let row = 0, unit = 0; row < result.length; row += outputs) {
      let count = 0;
      for (let edge = 0; edge < weights.length; edge += outputs) {
        edges[count] = edge;
        values[count] = x[unit++];
        if (values[count] !== 0) count++;
      }
      values.fill(0, count);
      result.set(bias, row);
      for (let n = 0; n < count; n += 4) {
        const p = edges[n], q = edges[n + 1], r = edges[n + 2], s = edges[n + 3];
        const a = values[n], b = values[n + 1], c = values[n + 2], d = values[n + 3];
        for (let k = 0; k < outputs; k++) result[row + k] +=
          a * weights[p + k] + b * weights[q + k] + c * weights[r + k] + d * weights[s + k];
      }
    }
    return result;
  }

  function transposed(values, columns) {
    const result = values.slice(), rows = values.length / columns;
    for (let row = 0, from = 0; row < rows; row++)
      for (let to = row; to < result.length; to += rows) result[to] = values[from++];
    return result;
  }

  // ReLU hidden layers, dropout after each of them, class scores at the end. A step makes its
  // arrays anew, so that what was returned stays as it was.
  class MLP {
    constructor(sizes, random, weights, biases) {
      const units = sizes.slice(1);
      this.sizes = sizes;
      this.biases = biases ?? units.map(n => new Float32Array(n));
      this.weights = weights ?? units.map((n, layer) => {
        // He et al. (2015): normal with variance 2 / inputs.
        const spread = Math.sqrt(2 / sizes[layer]);
        return new Float32Array(sizes[layer] * n).map(() => spread * random.normal());
      });
    }

    sampleMasks(examples, rate, random) {
      return this.sizes.slice(1, -1).map(units => sampleMask(examples * units, rate, random));
    }

    // Leaves, for each layer, its input and the hidden activations before dropout.
    forward(x, examples, masks, rate) {
      this.inputs = [x];
      this.hidden = [];
      for (let layer = 0;; layer++) {
        const scores = dense(this.inputs[layer], this.weights[layer], this.biases[layer], examples);
        if (layer == this.sizes.length - 2) return scores;
        this.hidden[layer] = scores;
        for (let k = 0; k < scores.length; k++) scores[k] = Math.max(scores[k], 0);
        this.inputs.push(masks ? dropout(scores, masks[layer], rate) : scores);
      }
    }

    gradients(x, labels, masks, rate) {
      const classes = this.sizes.at(-1), weights = [], biases = [];
      const logs = logSoftmax(this.forward(x, labels.length, masks, rate), classes);
      const loss = crossEntropy(logs, labels, classes);
      // Softmax and cross-entropy together: probability minus truth.
      let gradient = logs.map(Math.exp);
      const ones = new Float32Array(labels.length).fill(1);
      labels.forEach((label, i) => gradient[i * classes + label]--);
      gradient = gradient.map(difference => difference / labels.length);
      // The gradient with respect to what `dense` returned leads to those for weights, bias and x
      // by the same products.
      for (let layer = this.weights.length - 1; layer >= 0; layer--) {
        const input = this.inputs[layer], [units, outputs] = this.sizes.slice(layer);
        const none = new Float32Array(outputs);
        weights[layer] = dense(transposed(input, units), gradient, none, units);
        biases[layer] = dense(ones, gradient, none, 1);
        if (!layer) break;
        // A unit that ReLU or dropout silenced passes nothing back.
        gradient = dense(gradient, transposed(this.weights[layer], outputs),
          new Float32Array(units), labels.length);
        for (let k = 0; k < input.length; k++) if (!input[k]) gradient[k] = 0;
        if (masks) gradient = dropoutBackward(gradient, masks[layer - 1], rate);
      }
      return {loss, weights, biases};
    }
  }

  // Without dropout: for each example whether its class has the largest score, and the means.
  function evaluate(net, x, labels) {
    const classes = net.sizes.at(-1), logits = net.forward(x, labels.length);
    const right = Array.from(labels, (label, i) => {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      return +(row.indexOf(Math.max(...row)) == label);
    });
    return {
      right,
      accuracy: right.reduce((sum, each) => sum + each) / labels.length,
      crossEntropy: crossEntropy(logSoftmax(logits, classes), labels, classes),
    };
  }

  // A function that takes one step of Adam (Kingma and Ba, 2015), in place.
  function adam(parameters, learningRate) {
    const zeros = () => parameters.map(values => new Float32Array(values.length));
    const means = zeros(), squares = zeros();
    let count = 0;
    return gradients => {
      count++;
      const bias = Math.sqrt(1 - 0.999 ** count), step = bias * learningRate / (1 - 0.9 ** count);
      parameters.forEach((values, k) => {
        const mean = means[k], square = squares[k], gradient = gradients[k];
        for (let i = 0; i < values.length; i++) {
          mean[i] += 0.1 * (gradient[i] - mean[i]);
          square[i] += 0.001 * (gradient[i] ** 2 - square[i]);
          values[i] -= step * mean[i] / (Math.sqrt(square[i]) + 1e-8 * bias);
        }
      });
    };
  }

  globalThis.dropoutLab = {
    generator, sampleMask, dropout, softmax, MLP, evaluate, adam,
    text: `(${engine})();`,
  };
})();
