// The questions of `predict`: what the reader said, and how far off it was.
window.dropoutLabPredict = key => {
  for (const root of document.querySelectorAll(`[data-predict=${key}]:not([data-on])`)) {
    // While it asks, a style sheet veils the figure, and on the site what is said of it.
    root.dataset.on = "asks";
    const cell = root.closest(".cell");
    cell?.toggleAttribute("data-asks");
    const {form, asked} = JSON.parse(root.querySelector("script").textContent);
    const place = root.querySelector("div"), said = [];
    place.innerHTML = form;
    const all = place.firstChild, show = all.querySelector("button");
    const sets = [...all.querySelectorAll("fieldset")];
    const write = asked.map(({choices, decimals, unit}) => choices ? x => `\u201c${x}\u201d` :
      x => (+x).toFixed(decimals).replace("-", "\u2212") + unit);
    // A slider that stands where the reader wants it gets no input, only a press.
    all.oninput = all.onpointerup = ({target}) => {
      const {value, min, max} = target, k = sets.findIndex(set => set.contains(target));
      if (!value) return;
      said[k] = value;
      show.textContent = "Show";
      show.className = "xp-go";
      if (!max) return;
      target.ariaValueText = sets[k].querySelector("b").textContent = write[k](value);
      target.parentNode.style.setProperty("--guess", (value - min) / (max - min));
    };
    // JupyterLab would take the arrow keys for itself; but it must hear Ctrl+S.
    all.onkeydown = e => e.ctrlKey || e.metaKey || e.stopPropagation();
    all.onsubmit = e => {
      e.preventDefault();
      sets.forEach((set, k) => {
        const {answer, choices} = asked[k], off = said[k] - answer;
        const guess = said[k] && write[k](said[k]), right = write[k](answer);
        // 82 % are 31 points more than 51 %.
        const far = write[k](Math.abs(off)).replace(" %", " points").replace(/^1 points/, "1 point");
        set.querySelector("output").textContent = (!guess ? `It is ${right}.` :
          guess == right ? `You said ${guess}, and so it is.` :
          `You said ${guess}. It is ${right}` +
            (choices ? "." : `: ${far} too ${off > 0 ? "high" : "low"}.`)) +
          (choices ? ` ${choices[said[k] ?? answer]}` : "");
        set.disabled = true;
      });
      if (!said.length) show.nextSibling.firstChild.remove();
      show.remove();
      root.dataset.on = "";
      cell?.toggleAttribute("data-asks");
      // Whoever pressed a key goes on from here, to the figure.
      all.tabIndex = -1;
      all.focus({preventScroll: true});
    };
  }
};
