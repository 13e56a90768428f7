// The page's side of "Train it here": two nets, their curves, and a sentence that says who leads.
// A worker does the work; where a browser allows none, the page does it, in shorter slices.
(() => {
  "use strict";
  const {piece, load, glide, fill, number, serve} = dropoutLab, NAMES = ["without", "with"], WIDTH = 344;

  const connect = hear => {
    const sent = [];
    let send;
    const alone = () => {
      const served = serve(hear, 8);
      send = (verb, value) => served[verb](value);
      sent.forEach(words => send(...words));
    };
    try {
      const worker = new Worker(URL.createObjectURL(new Blob([dropoutLab.text])));
      worker.onmessage = event => hear(event.data);
      worker.onerror = alone;
      send = (...words) => worker.postMessage(words);
    } catch {
      alone();
    }
    return (...words) => {
      sent.push(words);
      send(...words);
    };
  };

  // Two numbers a unit, how far its disc and its ring are open, then one a digit. The root lets
  // the area of a disc follow what the unit says.
  const numbersOf = ({layers, answer}) => [
    ...layers.flatMap(said => [...said].flatMap(value =>
      [Math.sqrt(Math.min(1, Math.max(0, value / 2))), +(value < 0)])),
    ...answer,
  ];

  const drawNet = (canvas, name, units, numbers, seen) => {
    const style = getComputedStyle(canvas), color = role => style.getPropertyValue("--pg-" + role);
    const c = canvas.getContext("2d");
    // Two dots a pixel, so that fine screens show fine discs.
    c.setTransform(2, 0, 0, 2, 0, 0);
    c.clearRect(0, 0, WIDTH, 186);
    c.font = `13px ${style.fontFamily}`;
    const ink = (value, opacity = 1) => {
      c.fillStyle = c.strokeStyle = value;
      c.globalAlpha = opacity;
    };
    const circle = (path, x, y, radius) => {
      path.moveTo(x + radius, y);
      path.arc(x, y, radius, 0, 7);
    };
    let at = 0;
    const next = () => numbers[at++] || 0;
    seen?.pixels.forEach((gray, k) => {
      ink(style.color, 0.06 + 0.94 * gray);
      c.fillRect(1 + 8 * (k % 8), 61 + 8 * (k >> 3), 7.5, 7.5);
    });
    for (const x of [128, 240]) {
      const columns = Math.min(8, units / 4), middle = (units / columns - 1) / 2;
      // Silent by ReLU and dropped never look alike: a dot, and a ring without one. All discs are
      // one path, and all rings another, as painting each by itself is slow.
      const discs = new Path2D(), rings = new Path2D();
      for (let unit = 0; unit < units; unit++) {
        const left = x + 11.5 * (unit % columns - (columns - 1) / 2);
        const top = 93 + 11.5 * ((unit / columns | 0) - middle);
        const open = next(), ring = next();
        circle(discs, left, top, (1 + 4 * open) * (1 - ring));
        if (ring) circle(rings, left, top, 4 * ring);
      }
      ink(color(name));
      c.fill(discs);
      ink(color("dropped"));
      c.stroke(rings);
    }
    const said = new Path2D();
    ink(style.color);
    for (let digit = 0; digit < 10; digit++) {
      circle(said, 306, 12 + 18 * digit, 1 + 5 * Math.sqrt(next()));
      c.fillText(digit + (digit === seen?.label ? " ←" : ""), 318, 16.5 + 18 * digit);
    }
    ink(color(name));
    c.fill(said);
  };

  // Solid on new images, dotted on its own. The words at the ends of the lines say whose they are.
  const lines = (line, measure, top, steps, curves) => {
    const x = step => 30 + 206 * step / steps, y = value => 146 - 116 * Math.min(value / top, 1);
    const ends = curves.at(-1);
    if (!ends) return "";
    // Two labels that would meet stand apart.
    const heights = ends.nets.map(net => y(net.test[measure])), gap = heights[0] - heights[1];
    const apart = Math.max(0, 16 - Math.abs(gap)) / 2;
    return NAMES.map((name, k) => {
      const [test, train] = ["test", "train"].map(kind => curves.map(({step, nets}) =>
        [x(step), y(nets[k][kind][measure])].map(Math.round)).join(" "));
      return fill(line, {
        name, test, train,
        end: number(ends.nets[k].test[measure]),
        x: x(ends.step) + 8,
        y: heights[k] + (gap > 0 === !k ? apart : -apart) + 4,
      });
    }).join("");
  };

  // Each seed a dot, and their mean, at last with its interval; left of the line dropout loses.
  const dots = ({mean, half, bySeed}) => {
    if (bySeed.length < 5) half = 0;
    const reach = Math.max(0.05, Math.abs(mean) + half, ...bySeed.map(Math.abs));
    const x = lead => WIDTH * (1 + 0.87 * lead / reach);
    const dot = (lead, y) => `M${x(lead)} ${y}h0`;
    return {
      side: half && Math.abs(mean) > half ? NAMES[+(mean > 0)] : "nobody",
      interval: `M${x(mean - half)} 32H${x(mean + half)}`,
      dots: dot(mean, 32) + bySeed.map(lead => dot(lead, 14)).join(""),
    };
  };

  piece("train", ({root, find, data, say, remember, recall}) => {
    const canvases = root.querySelectorAll("canvas");
    const state = {...data.start, ...data.cases[data.start.case]};
    let busy = "", run = 0, curves = [], now = {}, started, send;

    const draw = glide(numbers => canvases.forEach((canvas, k) =>
      drawNet(canvas, NAMES[k], state.units, numbers.slice(k * numbers.length / 2), now.units)));
    // What follows so fast jumps: to glide would cost as much as to train.
    const showNets = () => draw(now.units?.nets.flatMap(numbersOf) ?? [], busy);
    const points = lead => number(100 * lead, 1);
    const leader = (lead, half) =>
      Math.abs(lead) > half && fill(data.says[NAMES[+(lead > 0)]], {lead: points(Math.abs(lead))});
    const verdict = () => {
      const {steps} = state, {says} = data, {step: taken, seeds} = now;
      const {step, nets, lead, error} = curves.at(-1) ?? {};
      if (seeds) {
        const {mean, half, bySeed} = seeds, who = leader(mean, half) || says.unclear;
        return fill(bySeed.length < 5 ? says.seeds : says.five,
          {steps, who, count: bySeed.length, low: points(mean - half), high: points(mean + half)});
      }
      // Early, both nets are near chance.
      if (!(step >= steps / 6)) return taken ? fill(says.first, {step: taken, steps}) : says.start;
      const [without, dropped] = nets.map(net => number(net.test.accuracy, 3));
      const who = leader(lead, 1.96 * error), found = {without, dropped, who};
      return fill(step < steps ? says.going : says.over,
        {step, steps, found: fill(!who ? says.nobody : lead > 0 ? says.wins : says.loses, found)});
    };
    const showAll = () => {
      const {steps} = state;
      find(".pg-fold").textContent = fill(data.says.fold, state);
      find("Train").textContent = busy ? "Pause" : "Train";
      find(".pg-curves").innerHTML = data.charts.map(([chart, measure, top]) =>
        fill(chart, {steps, half: steps / 2, lines: lines(data.line, measure, top, steps, curves)})
      ).join("") + (now.seeds?.bySeed.length ? fill(data.dots, dots(now.seeds)) : "");
      // The nets come a frame later: a slow processor would stall on both.
      requestAnimationFrame(showNets);
      say(verdict(), !busy);
    };

    const hear = message => {
      // What was on its way when another run began is of no use.
      if (message.run !== run) return;
      // A new experiment has no curves yet.
      curves = message.step ? [...curves, ...message.points] : [];
      now = message;
      if (now.rests) busy = "";
      showAll();
    };
    const share = () => state.redrawn / 100;
    const settings = () => ({...state, redrawn: share(), run: ++run});
    const begin = () => {
      busy = "";
      send("begin", settings());
    };
    const ready = () => started ??= Promise.all([load("digits"), connect(hear)]).then(all => {
      send = all[1];
      send("digits", all[0]);
      begin();
    });
    const over = () => now.seeds || now.step >= state.steps;
    const fresh = () => over() && begin();
    const press = {
      Train() {
        if (busy) return send("pause");
        fresh();
        busy = "train";
        send("train");
      },
      Step() {
        fresh();
        busy = "";
        send("step");
      },
      "Start again": begin,
      "Five seeds"() {
        busy = "seeds";
        send("seeds", settings());
      },
    };
    // A hand that comes near is enough to load the digits, so that Train answers at once.
    root.onpointerenter = root.onfocusin = () => ready().catch(() => {});
    root.onclick = ({target: {name}}) => press[name] &&
      ready().then(press[name]).then(showAll, () => say(data.says.fails, true));

    const change = control => {
      const {name, value, validity} = control;
      if (!validity.valid) return say("", true);
      if (name === "case") Object.assign(state, data.cases[value]);
      else state[data.keys[name]] = +value;
      return true;
    };
    root.oninput = ({target}) => {
      if (!change(target)) return;
      const {name} = target, key = data.keys[name];
      if (!key) for (const name in data.keys) find(name).value = state[data.keys[name]];
      else if (key !== "rate" && key !== "seed") find("case").value = data.own;
      remember();
      const midway = {rate: state.rate, redrawn: share()};
      if (send && !over() && key in midway) send(key, midway[key]);
      else if (send) {
        begin();
        // Who has seen one training, and asks for another, wants to see that.
        if (now.step) press.Train();
      }
      showAll();
    };
    recall(change);
    find(".pg-fold").parentNode.open = root.clientWidth > 600;
    showAll();
    // A canvas does not follow the palette of the page, which a click changes, by itself.
    addEventListener("click", showNets);
  });
})();
