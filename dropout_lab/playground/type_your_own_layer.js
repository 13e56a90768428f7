// The page's side of "Type your own layer". All that stands there follows from the controls: at
// another rate the same tosses drop other units, and a unit that is held was held from the start.
(() => {
  "use strict";
  const {piece, fill, generator, sampleMask, dropout} = dropoutLab;
  const number = value => dropoutLab.number(value, Math.abs(value) < 100 ? 2 : 0);

  piece("layer", ({root, find, data, say, remember, recall}) => {
    const state = {}, all = selector => root.querySelectorAll(selector);
    // Whom the sentence is about.
    let unit = 3;

    const draw = rest => {
      const rate = +state["dropout rate"], keep = 1 - rate, {tosses} = state;
      const [x, held] = ["activation ", "hold "].map(name =>
        [1, 2, 3, 4, 5].map(k => state[name + k]));
      const [train, infer, back] = data.conventions[state.convention].map(([a, b]) =>
        keep ** a * rate ** b);
      const walks = x.map(() => ""), kept = x.map(() => 0), dropped = [0, ...kept], texts = [];
      let mask = [], random = generator(state.seed);
      for (let toss = 1; toss <= tosses; toss++) {
        mask = sampleMask(5, rate, random).map((one, k) => held[k] < 2 ? held[k] : one);
        dropped[mask.reduce((left, one) => left - one, 5)]++;
        mask.forEach((one, k) =>
          walks[k] += `${toss / tosses} ${train * (kept[k] += one) / toss} `);
        // A scale of s is that of inverted dropout at the rate 1 - 1/s.
        if (toss > tosses - 4) texts.unshift(toss, ...dropout(x, mask, 1 - 1 / train).map(
          (value, k) => mask[k] ? number(value) : ""));
      }
      // Rows of six for four tosses, also where there were fewer.
      texts.length = 24;

      // Of a unit that is held, nothing is left to chance.
      const chances = held.map(hold => hold < 2 ? +hold : keep);
      // One unit after the other is added to those that may have been dropped.
      const counts = chances.reduce((shares, chance) => shares.map((share, k) =>
        share * chance + (shares[k - 1] || 0) * (1 - chance)), [1, 0, 0, 0, 0, 0],
      ).flatMap((share, k) => [dropped[k], tosses * share]);
      const told = chances.map((chance, k) => {
        const button = find("unit " + (k + 1)), line = all("polyline")[k], value = x[k];
        const now = train * kept[k] / tosses, target = train * chance;
        const error = train * Math.sqrt(chance * (1 - chance) / tosses);
        button.className = "pg-hold" + held[k] + " pg-toss" + mask[k];
        button.style = "--size:" + Math.sqrt(Math.abs(value) / Math.hypot(...x, 1e-9) * train);
        line.setAttribute("points", walks[k]);
        line.parentNode.style =
          `--error:${error};--target:${target};--infer:${infer};--now:${now}`;
        return [now, target, infer, 1, Math.sign(value) * error]
          .map(factor => number(factor * value));
      });
      texts.push(...[0, 1, 2].flatMap(row => told.map(unit => unit[row])),
        ...counts.map((count, k) => count.toFixed(k % 2)));
      all("td").forEach((cell, k) => cell.textContent = texts[k]);
      all(".pg-counts i").forEach((bar, k) => bar.style = "--share:" + counts[k] / tosses);

      const values = [rate.toFixed(2), tosses, unit, ...told[unit - 1],
        number(infer / train / keep), number(back / train)];
      say(fill(data.says[
        +tosses ? held[unit - 1] < 2 ? 1 : (values[8] - 1) * x[unit - 1] ? 2 : values[9] - 1 ? 3 : 4 : 0
      ], values), rest);
    };

    // Of what does not fit, the last that did stays in force.
    const change = (control, value = control.value) => {
      control.value = value;
      if (control.ariaInvalid = !control.checkValidity()) return;
      state[control.name] = value;
    };
    root.onclick = root.oninput = root.onchange = ({target, type}) => {
      const {name, value} = target;
      if (!name) return;
      unit = +name.at(-1) || unit;
      if (target.type !== "button") change(target);
      else if (value) {
        // Clear brings other tosses next time, which can be had again.
        if (value < 1) change(find("seed"), (+state.seed + 1) % 1e6);
        change(find("tosses"), +value && +state.tosses + +value);
      } else change(find("hold " + unit), (+state["hold " + unit] + 2) % 3);
      draw(type !== "input");
      // Too many are refused, which is told once, and not kept.
      change(find("tosses"), state.tosses);
      remember();
    };
    all(".pg-ui :is(input, select)").forEach(control => change(control));
    recall(change);
    draw();
  });
})();
