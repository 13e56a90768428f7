// The page's side of "A session of the study group": a question, six voices, and their weights.
// Python wrote what it shows; the script tells the style sheet and the text where things stand.
(() => {
  "use strict";
  const {piece, number, generator, sampleMask, dropout} = dropoutLab;

  // The twin of `study_group.train` with one question a session, the same ones at every rate.
  const practice = dropoutLab.practice = ({sigmas, step, steady}, rate, seed, sessions) => {
    const random = generator(seed), none = sigmas.map(() => 0);
    let truth = 0, said = 0, views = none, mask = sigmas, moves = none, weights = none;
    for (let session = 1; session <= sessions; session++) {
      truth = random.normal();
      views = sigmas.map(sigma => truth + sigma * random.normal());
      mask = sampleMask(6, rate, random);
      const heard = dropout(views, mask, rate);
      said = heard.reduce((sum, value, k) => sum + value * weights[k], 0);
      const size = step * (1 - rate) ** 2 * Math.min(1, steady / session) * (truth - said);
      moves = heard.map(value => size * value);
      weights = weights.map((weight, k) => weight + moves[k]);
    }
    return {truth, said, views, mask, moves, weights};
  };
  // R squared: what weights are expected to score at the exam with the first `ill` friends away.
  const examScore = dropoutLab.examScore = ({sigmas}, weights, ill) => {
    let missed = 1, noise = 0;
    weights.forEach((weight, k) => {
      if (k < ill) return;
      missed -= weight;
      noise += (weight * sigmas[k]) ** 2;
    });
    return 1 - missed ** 2 - noise;
  };

  const round = value => Math.round(100 * value) / 100 + 0;

  piece("group", ({root, find, data, say, remember, recall}) => {
    const {start: state, says, more, few} = data, held = find("sessions");
    const friends = root.querySelectorAll(".pg-group-friend");

    const draw = () => {
      const {"dropout rate": rate, seed, sessions, exam} = state, values = {}, voices = [], home = [];
      const last = practice(data, rate, seed, sessions), {truth, said, views, mask} = last;
      const others = practice(data, 0, seed, sessions).weights;
      const scores = [last.weights, others].flatMap(some =>
        [0, 1].map(ill => round(examScore(data, some, ill))));
      const leads = [0, 1].map(ill => scores[ill] - scores[ill + 2]), sizes = leads.map(Math.abs);
      const levels = data.names.map((name, k) => {
        const away = !(exam ? k : mask[k]), x = Math.max(-3.5, Math.min(3.5, views[k]));
        let level = 0;
        friends[k].dataset.away = away;
        // Voices that would meet stand on each other.
        while (voices.some(([at, on]) => on === level && Math.abs(x - at) < 0.4)) level++;
        if (away) home.push(name);
        else voices.push([x, level]);
        return level;
      });
      // The name of the sentence. An exam's says who wins, with everybody there and with Alex ill.
      const now = root.dataset.now = home[5] ? "none" : !sessions ? "start" :
        exam ? [...leads.map(Math.sign), sessions < few ? 2 : +(sizes[1] < 0.1)] :
          truth > said ? "low" : "high";
      const table = {
        ...last, others, scores, levels,
        leads: sizes,
        error: Math.abs(truth - said),
        scale: rate < 1 ? dropout([1], [1], rate) : "\u221e",
        sessions: "" + sessions,
        home: new Intl.ListFormat("en").format(home) || "nobody",
      };
      for (const name in table) [table[name]].flat().forEach((value, k) =>
        root.style.setProperty("--" + name + k, values[name + k] = value.at ? value : round(value)));
      say(says[now], true);
      root.querySelectorAll("data").forEach(element => {
        const value = values[element.value];
        element.textContent =
          value.at ? value : (element.className && value > 0 ? "+" : "") + number(value);
      });
    };
    const change = ({name, value, validity}) => {
      if (validity.valid) state[name] = +value;
      draw();
    };
    root.oninput = ({target}) => remember(change(target));
    root.onclick = ({target}) => {
      const {name} = target;
      if (name === "Morph") target.ariaPressed = root.classList.toggle("pg-group-net");
      if (name in more) {
        state.exam = name === "Exam";
        held.valueAsNumber += more[name];
        remember(change(held));
      }
    };
    draw();
    recall(change);
  });
})();
