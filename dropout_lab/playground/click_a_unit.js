// The page's side of "Click a unit": what follows from a mask, for the net, its gradients and its
// scores. The mask stands in a hidden control, which the address keeps as it keeps the others.
(() => {
  "use strict";
  const {piece, fill, MLP, sampleMask, softmax} = dropoutLab;
  const floats = values => Float32Array.from(values);
  const number = value =>
    value ? dropoutLab.number(value, Math.abs(value) < 9.995 ? 2 : 1) : "0";
  const signed = value => (value > 0 ? "+" : "") + number(value);

  piece("click", ({root, find, data, say, remember, recall}) => {
    const x = floats(data.x), slider = find("dropout rate"), held = find("mask"), all = held.value;
    const units = all.length, each = find => [...root.querySelectorAll(find)];
    const net = new MLP([x.length, units, 2], null, data.weights.map(floats));
    // The unit of the last click; -1 is nothing yet, null a toss or another rate.
    let clicked = -1;

    const update = rest => {
      const rate = +slider.value, scale = rate < 1 ? 1 / (1 - rate) : 1;
      const mask = Uint8Array.from(held.value, kept => kept * (rate < 1));
      const scores = net.forward(x, 1, [mask], rate);
      const {weights, biases} = net.gradients(x, [data.label], [mask], rate);
      const hidden = net.hidden[0], sent = net.inputs[1], states = [], texts = [];
      sent.forEach((value, k) => {
        const state = states[k] = value ? "kept" : mask[k] ? "silent" : "dropped";
        const gradient = (layer, edge) => value ? signed(weights[layer][edge]) : 0;
        texts.push(gradient(0, k), gradient(0, units + k), mask[k] && number(scale), number(value),
          gradient(1, 2 * k), gradient(1, 2 * k + 1));
        each(".pg-click-" + k).forEach(part => part.dataset.is = state);
        const [button] = each("button.pg-click-" + k);
        button.ariaPressed = !mask[k];
        button.ariaLabel = `hidden unit ${k + 1}, ${state}, sends ${number(value)}`;
        button.style.setProperty("--pg-size", Math.min(1, Math.sqrt(value / 4)));
      });
      softmax(scores, 2).forEach((chance, k) => texts.push(chance.toFixed(2), signed(biases[1][k])));
      texts.push(...mask);
      scores.forEach(score => {
        hidden.forEach(value => texts.push(number(value * scale)));
        texts.push(number(score));
      });
      each("[data-n]").forEach((place, k) => place.textContent = texts[k]);

      const speaking = sent.filter(value => value).length, silent = !hidden[clicked] && "silent";
      const words = {
        unit: clicked + 1,
        sent: number(sent[clicked]),
        value: number(hidden[clicked]),
        instead: number(hidden[clicked] * scale),
        scale: number(scale),
        dropped: units - mask.reduce((sum, kept) => sum + kept),
        moving: (x.length + 2) * speaking,
      };
      const what = rate == 1 ? "all" : !speaking ? "nobody" : clicked < 0 ? "start" :
        clicked === null ? "some" : silent || states[clicked];
      say(fill(data.says[what], words), rest);
    };

    const set = (mask, unit) => {
      held.value = [...mask].join("");
      clicked = unit;
      remember();
      update(true);
    };
    root.onclick = ({target: {name, value}}) => {
      if (name === "Toss") set(sampleMask(units, +slider.value, Math.random), null);
      if (name === "Start again") set(all, -1);
      if (name === "unit") set([...held.value].map((kept, k) => kept ^ (k == value)), +value);
    };
    root.oninput = () => {
      clicked = null;
      remember();
      update(false);
    };
    root.onchange = () => update(true);
    recall(() => clicked = null);
    if (!/^[01]{4}$/.test(held.value)) held.value = all;
    update(true);
  });
})();
