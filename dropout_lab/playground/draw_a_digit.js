// The page's side of "Draw a digit": what is drawn becomes the 28 x 28 pixels of a net, and a
// hundred nets with dropout vote on it.
(() => {
  "use strict";
  const {piece, calm, load, fill, number, generator, softmax, dropout, MLP} = dropoutLab;
  const {floor, min, max, round} = Math;
  // The field has 5 x 5 dots for a pixel.
  const FIELD = 140, within = (most, value) => min(most, max(0, value));

  // As MNIST was made: the longer side of the drawing fills 20 pixels, and it moves by whole
  // pixels until the center of its ink lies in the middle. A pixel is the mean of 25 samples.
  const centered = ink => {
    const pixels = new Float32Array(784), columns = [], rows = [];
    ink.forEach((gray, k) => gray && columns.push(k % FIELD) && rows.push(floor(k / FIELD)));
    const left = min(...columns), top = min(...rows);
    const step = (max(max(...columns) - left, max(...rows) - top) + 1) / 100;
    let sum = 0, across = 0, down = 0;
    const sample = see => {
      for (let k = 0; k < 1e4; k++) {
        const x = k % 100, y = floor(k / 100), column = left + floor((x + 0.5) * step);
        see(column < FIELD && ink[FIELD * (top + floor((y + 0.5) * step)) + column] / 25 || 0,
          floor(x / 5), floor(y / 5));
      }
    };
    sample((gray, x, y) => {
      sum += gray;
      across += gray * x;
      down += gray * y;
    });
    sample((gray, x, y) => {
      x += 14 - round(across / sum);
      y += 14 - round(down / sum);
      // An array forgets what is written above or below it.
      if (x >= 0 && x < 28) pixels[28 * y + x] += gray;
    });
    return pixels;
  };

  piece("draw", ({root, find, data, say, remember, recall}) => {
    const pen = find(".pg-pen"), ink = new Float32Array(FIELD ** 2);
    const numberIn = name => +find(name).value;
    let net, upper, images, started, noise = 0, at = [70, 70], down, erases, busy;

    const all = (what, set) => root.querySelectorAll(what).forEach(set);
    const paint = (name, side, grays) => {
      const image = new ImageData(side, side);
      grays.forEach((gray, k) => image.data[4 * k + 3] = 255 * gray);
      find(name).getContext("2d").putImageData(image, 0, 0);
    };
    // In a chart, a digit is one high.
    const draw = (name, marks) => find(name).setAttribute("d", marks.join(""));
    const mark = (line, shift = 0) => (value, digit) => `M${value} ${digit + shift}${line}`;

    const update = () => {
      const rate = numberIn("dropout rate"), asked = numberIn("nets asked");
      const random = generator(numberIn("seed")), counts = Array(10).fill(0), means = [...counts];
      const pixels = centered(ink).map(gray => within(1, gray + noise * random.normal()));
      const blank = pixels.every(gray => !gray), rows = [];
      let alone = [], said = [];
      paint(".pg-pen", FIELD, ink);
      paint(".pg-seen", 28, pixels);
      const cursor = find(".pg-cursor");
      cursor.style.inset = `${at[1] / 1.4}% 0 0 ${at[0] / 1.4}%`;
      cursor.classList.toggle("pg-off", !down);
      if (!find("seed").validity.valid) return say("", true);
      if (net && !blank) {
        alone = [...softmax(net.forward(pixels, 1), 10)];
        for (let k = 0; k < asked; k++) {
          // All nets see the same pixels, so that their first layer is the same before dropout.
          const heard = net.hidden[0], masks = net.sampleMasks(1, rate, random);
          const after = dropout(heard, masks[0], rate);
          const row = rows[k] = [...softmax(upper.forward(after, 1, [masks[1]], rate), 10)];
          // Below zero where a unit is dropped.
          const left = (values, mask) => values.map((value, unit) => value + mask[unit] - 1);
          said = [...heard, ...left(after, masks[0]), ...upper.hidden[0],
            ...left(upper.inputs[1], masks[1]), ...row];
          counts[row.indexOf(max(...row))]++;
          row.forEach((chance, digit) => means[digit] += chance / asked);
        }
      }
      // A disc is larger when its unit is louder, a dot at zero, and a ring where it is dropped.
      all("circle", (unit, k) => {
        unit.style.r = said[k] < 0 ? "4px" : 1 + 4 * within(1, (said[k] ?? 0) / 4) ** 0.5 + "px";
        unit.classList.toggle("pg-off", said[k] < 0);
      });
      all(".pg-count", (count, digit) => count.textContent = counts[digit] || "");
      draw(".pg-bars", counts.map(mark("H0")));
      draw(".pg-each", rows.flatMap((row, k) => row.map(mark("h0", k / 150 - 0.33))));
      draw(".pg-mean", means.map(mark(alone.length ? "v.45" : "")));
      draw(".pg-alone", alone.map(mark("v-.45")));
      if (!alone.length) return say(blank ? data.says : data.waits, true);
      const best = max(...alone), listed = [...counts.keys()]
        .filter(digit => counts[digit]).sort((a, b) => counts[b] - counts[a])
        .map(digit => `${counts[digit]} for ${digit}`);
      say(fill(data.tells, {
        asked,
        digit: alone.indexOf(best),
        chance: number(best),
        first: listed.shift(),
        rest: ["", ...listed].join(", "),
      }), !busy);
    };

    const use = job => {
      // A net as Python packed it, with a byte for each weight, and what is above its first layer.
      started ??= load("weights").then(text => {
        const {sizes, weights, scales, biases, ...rest} = JSON.parse(text);
        const numbers = (bytes, read) =>
          Float32Array.from(atob(bytes), (sign, k) => read(sign.charCodeAt(), k));
        const matrices = weights.map((bytes, layer) => numbers(bytes, (byte, k) =>
          (byte << 24 >> 24) * scales[layer][k % scales[layer].length]));
        [net, upper] = [0, 1].map(layer =>
          new MLP(sizes.slice(layer), null, matrices.slice(layer), biases.slice(layer)));
        images = rest.images.map(bytes => numbers(bytes, byte => byte / 255));
      });
      if (!net) update();
      started.then(job).then(update, () => say(data.fails, true));
    };
    // The pen goes straight from where it was, and is 13 dots wide.
    const go = (to, draws) => {
      const [dx, dy] = to.map((value, k) => value - at[k]), length = dx * dx + dy * dy || 1;
      if (draws) {
        find("digit").selectedIndex = 0;
        ink.forEach((_, k) => {
          const u = k % FIELD - at[0], v = floor(k / FIELD) - at[1];
          const part = within(1, (u * dx + v * dy) / length);
          if (Math.hypot(u - part * dx, v - part * dy) < 6.5) ink[k] = +!erases;
        });
      }
      at = to;
      use();
    };
    pen.onpointerdown = pen.onpointermove = pen.onpointerup =
      ({type, buttons, isPrimary, pointerId, offsetX, offsetY}) => {
        const to = [offsetX, offsetY].map(length => length * FIELD / pen.clientWidth);
        if (!isPrimary || !buttons && !busy) return;
        if (type !== "pointermove") at = to;
        // A button that is let go outside is let go.
        if (buttons) pen.setPointerCapture(pointerId);
        go(to, busy = buttons);
      };
    pen.onkeydown = event => {
      const step = data.keys[event.key];
      if (!step) return;
      event.preventDefault();
      if (event.key === " ") busy = down = !down;
      go(step.map((length, k) => within(FIELD, at[k] + length)), down);
    };

    const jobs = {
      digit() {
        const image = images[find("digit").value];
        if (image) ink.forEach((_, k) =>
          ink[k] = image[28 * floor(k / 700) + floor(k % FIELD / 5)]);
      },
      Clear() {
        find("digit").selectedIndex = 0;
        ink.fill(noise = 0);
      },
      Erase() { find("Erase").ariaPressed = erases = !erases; },
      "Add noise"() { noise += 0.2; },
      // Other nets each time.
      "Ask a hundred times"() {
        const asked = find("nets asked");
        find("seed").value = (numberIn("seed") + 1) % 1e6 || 0;
        asked.value = 0;
        const frame = () => {
          asked.value = calm.matches ? 100 : 1 + +asked.value;
          busy = asked.value < 100;
          update();
          if (busy) setTimeout(frame, 25);
          else remember();
        };
        frame();
      },
    };
    const act = ({name}) => name && use(jobs[name]);
    root.onclick = root.oninput = ({target}) => {
      act(target);
      remember();
    };
    recall(act);
    update();
  });
})();
