// One experiment: two nets with the same first weights see the same batches of digits, one of
// them with dropout. It knows no page: a worker runs it, and where a page may have none, the page
// does, a few steps at a time.
(function experiment() {
  "use strict";
  const {generator, softmax, evaluate, MLP, adam} = dropoutLab;
  const PIXELS = 64, BATCH = 32, WATCHED = 200;

  // A digit for each gray level, "0" to "g": one pixel of all images after another, as they pack
  // best so. The first images are there to test on.
  function readDigits({pixels, labels, tested}) {
    const count = labels.length, x = new Float32Array(count * PIXELS);
    for (let k = 0; k < pixels.length; k++)
      x[(k % count) * PIXELS + Math.floor(k / count)] = parseInt(pixels[k], 17) / 16;
    const part = (start, stop) => ({
      x: x.subarray(start * PIXELS, stop * PIXELS),
      labels: Uint8Array.from(labels.slice(start, stop)),
    });
    return {test: part(0, tested), pool: part(tested, count)};
  }

  const images = (all, chosen) => {
    const x = new Float32Array(chosen.length * PIXELS);
    chosen.forEach((image, k) =>
      x.set(all.x.subarray(image * PIXELS, (image + 1) * PIXELS), k * PIXELS));
    return {x, labels: Uint8Array.from(chosen, image => all.labels[image])};
  };

  class Experiment {
    // Every kind of chance has a stream of its own: another rate leaves images, weights and order.
    constructor(digits, {images: count, redrawn, units, seed, rate, learningRate}) {
      const [drawn, luck, first, order, masks] = [1, 2, 3, 4, 5].map(k => generator(seed, k));
      const sizes = [PIXELS, units, units, 10];
      this.test = digits.test;
      this.train = images(digits.pool, drawn.shuffled(digits.pool.labels.length).slice(0, count));
      this.labels = this.train.labels;
      this.luck = Array.from(this.labels, () => [luck(), luck.integer(10)]);
      const net = new MLP(sizes, first);
      this.nets = [net, new MLP(sizes, null, net.weights.map(weights => weights.slice()))];
      this.optimizers = this.nets.map(net => adam([...net.weights, ...net.biases], learningRate));
      Object.assign(this, {order, masks, rate, count, step: 0, left: []});
      this.redraw(redrawn);
    }

    // The labels that a small share redraws, a larger one redraws too.
    redraw(share) {
      this.train.labels = this.labels.map((label, i) =>
        this.luck[i][0] < share ? this.luck[i][1] : label);
    }

    advance() {
      if (!this.left.length) this.left = this.order.shuffled(this.count);
      const {x, labels} = images(this.train, this.left.splice(0, BATCH));
      const masks = this.nets[1].sampleMasks(labels.length, this.rate, this.masks);
      this.batch = {x, labels, masks};
      this.nets.forEach((net, k) => {
        const {weights, biases} = net.gradients(x, labels, k ? masks : null, this.rate);
        this.optimizers[k]([...weights, ...biases]);
      });
      this.step++;
    }

    // On the new images, and on its own, at most so many that it takes no longer.
    evaluate() {
      const {test, train} = this;
      return this.nets.map(net => ({
        test: evaluate(net, test.x, test.labels),
        train: evaluate(
          net, train.x.subarray(0, WATCHED * PIXELS), train.labels.subarray(0, WATCHED)),
      }));
    }

    // What each unit says of the first image of the present batch; -1 where it is dropped, as
    // ReLU leaves nothing below zero.
    units() {
      const {x, labels, masks} = this.batch, pixels = x.slice(0, PIXELS);
      const own = masks.map((mask, layer) => mask.subarray(0, this.nets[0].sizes[layer + 1]));
      const nets = this.nets.map((net, k) => {
        const answer = softmax(net.forward(pixels, 1, k ? own : null, this.rate), 10);
        return {answer, layers: net.hidden.map((values, layer) =>
          values.map((value, unit) => k && !own[layer][unit] ? -1 : value))};
      });
      return {pixels, label: labels[0], nets};
    }
  }

  const mean = list => list.reduce((sum, value) => sum + value, 0) / list.length;
  const variance = list => {
    const middle = mean(list);
    return list.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (list.length - 1);
  };
  // Image by image: 1 where only the net with dropout is right, -1 where only the other is.
  const gapsOf = ([without, dropped]) =>
    dropped.test.right.map((right, k) => right - without.test.right[k]);

  // The mean of five seeds, and the half of its 95 % interval, for other trainings and other test
  // images: `intervals.shared_interval`, with an image for a part.
  function sharedInterval(values) {
    const seeds = values.length, parts = values[0].length, bySeed = values.map(mean);
    const byPart = values[0].map((_, k) => mean(values.map(row => row[k]))), middle = mean(bySeed);
    const rest = values.flatMap((row, i) =>
      row.map((value, k) => (value - bySeed[i] - byPart[k] + middle) ** 2));
    const chance = mean(rest) * parts / ((seeds - 1) * (parts - 1));
    const shared = Math.max(variance(byPart) - chance, 0) / parts;
    const half = Math.max(2.776 * Math.sqrt(variance(bySeed) / seeds), 1.96 * Math.sqrt(chance / parts));
    return {mean: middle, half: Math.hypot(half, 1.96 * Math.sqrt(shared)), bySeed};
  }

  // Serve a page: it says what to do, and hears how far it is, about five times a second.
  function serve(post, slice) {
    let digits, now, settings, points, told, seeds, job = 0;
    const tell = rests => {
      const units = now.batch && now.units();
      post({run: settings.run, step: now.step, points, units, rests, seeds});
      points = [];
      told = performance.now();
    };
    // `found` is what earlier seeds of the same run found.
    const begin = (all, found) => {
      job++;
      settings = all;
      seeds = found;
      now = new Experiment(digits, settings);
      points = [];
      tell();
      // The first step is told at once.
      told = -200;
    };
    const look = () => {
      const nets = now.evaluate(), gaps = gapsOf(nets), lead = mean(gaps);
      points.push({step: now.step, nets, lead, error: Math.sqrt(variance(gaps) / gaps.length)});
    };
    // In slices, so that what the page says comes through; another job ends this one.
    const work = (over, mine = ++job) => {
      const end = performance.now() + slice;
      do {
        now.advance();
        if (performance.now() > told + 200) tell();
        // Early, curves bend; a look costs as much as many steps.
        now.step > 1 && now.step % (now.step < 100 ? 20 : 40) || look();
        if (now.step >= settings.steps) return over();
      } while (performance.now() < end);
      setTimeout(() => mine === job && work(over, mine));
    };
    return {
      digits(text) { digits = readDigits(JSON.parse(text)); },
      begin,
      step() { job++; now.advance(); look(); tell(); },
      train() { work(() => tell(true)); },
      // The page waits for the answer: what was on its way comes before it.
      pause() { job++; tell(true); },
      rate(rate) { now.rate = rate; },
      redrawn(share) { now.redraw(share); },
      seeds(all) {
        const differences = [];
        const next = found => {
          begin({...all, seed: all.seed + differences.length}, found);
          work(() => {
            differences.push(gapsOf(points.at(-1).nets));
            seeds = sharedInterval(differences);
            if (differences.length < 5) next(seeds);
            else tell(true);
          });
        };
        next({bySeed: []});
      },
    };
  }

  Object.assign(dropoutLab, {readDigits, Experiment, sharedInterval, serve});
  dropoutLab.text += `(${experiment})();`;

  // In a worker it serves the page that made it.
  if (!globalThis.document) {
    const served = serve(message => postMessage(message), 40);
    onmessage = ({data: [verb, value]}) => served[verb](value);
  }
})();
