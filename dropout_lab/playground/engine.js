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
    let a = 0, b = seed | 0, c = stream | 0, count = 1;
    const random = () => {
      const word = a + b + count++ | 0;
      a = b ^ b >>> 9;
      b = c + (c << 3) | 0;
      c = (c << 21 | c >>> 11) + word | 0;
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

  // It draws as many numbers at every rate: what a small one drops, a larger one drops too.
  const sampleMask = (size, rate, random) => new Uint8Array(size).map(() => random() >= rate);

  function dropout(x, mask, rate) {
    // At rate 1 all units are dropped, and the scale would be infinite.
    const scale = rate < 1 ? 1 / (1 - rate) : 0;
    return x.map((value, k) => value * mask[k] * scale);
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
    for (let row = 0, unit = 0; row < result.length; row += outputs) {
      const edges = [], values = [];
      for (let edge = 0; edge < weights.length; edge += outputs) {
        const value = x[unit++];
        if (value !== 0) {
          edges.push(edge);
          values.push(value);
        }
      }
      edges.push(0, 0, 0);
      values.push(0, 0, 0);
      result.set(bias, row);
      for (let n = 3; n < edges.length; n += 4) {
        const p = edges[n - 3], q = edges[n - 2], r = edges[n - 1], s = edges[n];
        const a = values[n - 3], b = values[n - 2], c = values[n - 1], d = values[n];
        for (let k = 0; k < outputs; k++) result[row + k] +=
          a * weights[p + k] + b * weights[q + k] + c * weights[r + k] + d * weights[s + k];
      }
    }
    return result;
  }

  function transposed(values, columns) {
    const rows = values.length / columns;
    return values.map((_, k) => values[k % rows * columns + Math.floor(k / rows)]);
  }

  // ReLU hidden layers, dropout after each of them, class scores at the end. A step makes its
  // arrays anew: that costs no time one could measure, and what was returned stays as it was.
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
        const active = this.hidden[layer] = scores.map(score => Math.max(score, 0));
        this.inputs.push(masks ? dropout(active, masks[layer], rate) : active);
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
          new Float32Array(units), labels.length).map((slope, unit) => input[unit] && slope);
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
    generator, sampleMask, dropout, dropoutBackward, softmax, crossEntropy, MLP, evaluate, adam,
    text: `(${engine})();`,
  };
})();
