// The page's side of "A session of the study group": a question, six voices, and their weights.
// Python wrote what it shows; the script tells the style sheet and the text where things stand.
(() => {
  "use strict";
  const {piece, generator, sampleMask, dropout} = dropoutLab;

  // The twin of `study_group.train` with one question a session, the same ones at every rate.
  const practice = dropoutLab.practice = ({sigmas, step, steady}, rate, seed, sessions) => {
    const random = generator(seed), coins = generator(seed, 1), none = sigmas.map(() => 0);
    let truth = 0, said = 0, views = none, mask = sigmas, moves = none, weights = none;
    for (let session = 1; session <= sessions; session++) {
      truth = random.normal();
      views = sigmas.map(sigma => truth + sigma * random.normal());
      mask = sampleMask(6, rate, coins);
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
    weights.slice(ill).forEach((weight, k) => {
      missed -= weight;
      noise += (weight * sigmas[k + ill]) ** 2;
    });
    return 1 - missed ** 2 - noise;
  };

  const round = value => Math.round(100 * value) / 100 + 0;

  piece("group", ({root, find, data, show, say, remember, recall}) => {
    const {start: state, says, names, more} = data;
    const flag = (name, on) => root.classList.toggle("pg-group-" + name, on);

    const draw = () => {
      const sessions = state.sessions = Math.max(0, Math.min(9999, state.sessions | 0));
      const {"dropout rate": rate, seed, exam} = state, last = practice(data, rate, seed, sessions);
      const {truth, said, views, mask, weights} = last, values = {}, places = [], home = [];
      const others = practice(data, 0, seed, sessions).weights;
      const scores = [weights, others].flatMap(some => [0, 1].map(ill => round(examScore(data, some, ill))));
      const leads = [0, 1].map(ill => scores[ill] - scores[ill + 2]);
      const levels = names.map((name, k) => {
        const away = exam ? !k : !mask[k], x = Math.max(-3.5, Math.min(3.5, views[k]));
        let level = 0;
        find(".pg-group-stage").children[k].classList.toggle("pg-group-away", away);
        if (away) home.push(name);
        else {
          // Voices that would meet stand on each other.
          while (places.some(([at, on]) => on === level && Math.abs(x - at) < 0.4)) level++;
          places.push([x, level]);
        }
        return level;
      });
      const table = {...last, others, scores, levels, leads: leads.map(Math.abs), error: Math.abs(truth - said), count: dropout([1], [1], rate), rate,
        sessions: "" + sessions, home: home.join(" and ") || "nobody"};
      for (const name in table) [table[name]].flat().forEach((value, k) =>
        root.style.setProperty("--" + name + k, values[name + k] = value));
      flag("quiet", exam || !sessions);
      flag("taken", exam);
      show("dropout rate", rate.toFixed(2));
      find("sessions").value = sessions;
      say(says[rate === 1 ? "never" : !sessions ? "start" : exam ? leads.map(Math.sign) : truth > said ? "low" : "high"] +
        (exam && sessions < data.few ? says.few : ""), true);
      root.querySelectorAll("data").forEach(element => {
        const value = values[element.value];
        element.textContent = value.at ? value :
          (element.value[0] === "m" && value > 0 ? "+" : "") + round(value).toFixed(2).replace("-", "−");
      });
    };
    const change = ({name, value, validity}) => {
      if (!validity.valid) return say(says.seed, true);
      state[name] = +value;
      return true;
    };
    root.oninput = ({target}) => change(target) && draw(remember());
    root.onclick = ({target}) => {
      const {name} = target;
      if (name === "Morph") target.ariaPressed = flag("net");
      else if (name in more) {
        state.sessions += more[name];
        state.exam = !more[name];
        draw();
        remember();
      }
      flag("slow", name === "Morph");
    };
    recall(change);
    draw();
  });
})();
