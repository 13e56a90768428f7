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
      for (let k = 0; k < n; k++) {
        const place = random.integer(k + 1);
        order[k] = order[place];
        order[place] = k;
      }
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

  function crossEntropy(logits, labels, classes) {
    const logs = logSoftmax(logits, classes);
    return -labels.reduce((sum, label, i) => sum + logs[i * classes + label], 0) / labels.length;
  }

  // x times weights, plus bias. ReLU and dropout leave many inputs at zero, which add nothing.
  function dense(x, weights, bias, examples) {
    const outputs = bias.length, result = new Float32Array(examples * outputs);
    for (let row = 0, unit = 0; row < result.length; row += outputs) {
      result.set(bias, row);
      for (let edge = 0; edge < weights.length; edge += outputs) {
        const value = x[unit++];
        if (value === 0) continue;
        for (let k = 0; k < outputs; k++) result[row + k] += value * weights[edge + k];
      }
    }
    return result;
  }

  // The gradient with respect to what `dense` returned leads to those for weights, bias and x. A
  // unit that ReLU or dropout silenced passes nothing back.
  function denseBackward(gradient, x, weights, outputs) {
    const byWeight = new Float32Array(weights.length), byBias = new Float32Array(outputs),
      byInput = new Float32Array(x.length);
    for (let row = 0, unit = 0; row < gradient.length; row += outputs) {
      for (let k = 0; k < outputs; k++) byBias[k] += gradient[row + k];
      for (let edge = 0; edge < weights.length; edge += outputs) {
        const value = x[unit];
        let sum = 0;
        if (value !== 0) for (let k = 0; k < outputs; k++) {
          byWeight[edge + k] += value * gradient[row + k];
          sum += weights[edge + k] * gradient[row + k];
        }
        byInput[unit++] = sum;
      }
    }
    return [byWeight, byBias, byInput];
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
      const classes = this.sizes.at(-1), logits = this.forward(x, labels.length, masks, rate);
      const loss = crossEntropy(logits, labels, classes), weights = [], biases = [];
      // Softmax and cross-entropy together: probability minus truth.
      let gradient = softmax(logits, classes);
      labels.forEach((label, i) => gradient[i * classes + label]--);
      gradient = gradient.map(difference => difference / labels.length);
      for (let layer = this.weights.length - 1; layer >= 0; layer--) {
        [weights[layer], biases[layer], gradient] =
          denseBackward(gradient, this.inputs[layer], this.weights[layer], this.sizes[layer + 1]);
        if (masks && layer) gradient = dropoutBackward(gradient, masks[layer - 1], rate);
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
      crossEntropy: crossEntropy(logits, labels, classes),
    };
  }

  // A function that takes one step of Adam (Kingma and Ba, 2015), in place.
  function adam(parameters, learningRate) {
    const zeros = () => parameters.map(values => new Float32Array(values.length));
    const means = zeros(), squares = zeros();
    let count = 0;
    return gradients => {
      count++;
      const step = learningRate / (1 - 0.9 ** count), bias = 1 - 0.999 ** count;
      parameters.forEach((values, k) => {
        const mean = means[k], square = squares[k], gradient = gradients[k];
        for (let i = 0; i < values.length; i++) {
          mean[i] += 0.1 * (gradient[i] - mean[i]);
          square[i] += 0.001 * (gradient[i] ** 2 - square[i]);
          values[i] -= step * mean[i] / (Math.sqrt(square[i] / bias) + 1e-8);
        }
      });
    };
  }

  globalThis.dropoutLab = {
    generator, sampleMask, dropout, dropoutBackward, softmax, crossEntropy, MLP, evaluate, adam,
    text: `(${engine})();`,
  };
})();
