// The whole engine of a published explorer. The page gets it without these comment lines and
// on one line, so each statement ends with a semicolon.
(() => {
  const key = "EXPLORER_KEY";
  for (const root of document.querySelectorAll(`[data-xp=${key}]:not([data-on])`)) {
    root.dataset.on = 1;
    const find = s => root.querySelector(s), view = find(".xp-view"), say = find(".xp-say");
    // Ids inside the frames get a number of their own: the same figure may stand on a page twice.
    const id = key + document.querySelectorAll("[data-on]").length,
      data = JSON.parse(find("script").textContent.replaceAll(key, id));
    find(".xp-note").remove();
    find(".xp-ui").innerHTML = data.controls;
    view.innerHTML = data.svg;
    let axes = root.querySelectorAll(".xp-axis"), svg = view.firstChild, shown = [];
    const show = () => {
      let n = 0;
      axes.forEach((axis, k) => {
        const labels = data.labels[k], text = axis.nextSibling;
        n = n * labels.length + +axis.value;
        if (text) axis.ariaValueText = text.textContent = labels[axis.value];
      });
      // Only what differs from the frame before is parsed and painted again.
      const frame = data.frames[n];
      [...svg.children].forEach((g, k) => {
        if (frame[k] != shown[k]) g.innerHTML = data.parts[frame[k]] ?? "";
      });
      shown = frame;
      svg.ariaLabel = say.textContent = data.says[n];
    };
    root.oninput = show;
    // JupyterLab would take the arrow keys for itself; but it must hear Ctrl+S.
    root.onkeydown = e => e.ctrlKey || e.metaKey || e.stopPropagation();
    let play = find("button"), axis = axes[data.play], timer;
    const stop = () => {
      timer = clearInterval(timer);
      say.ariaLive = "polite";
      play.textContent = "Play";
    };
    const step = by => {
      axis.value = by;
      show();
      if (by >= axis.max || !play.offsetParent) stop();
    };
    if (play) {
      play.onclick = () => {
        if (timer) return stop();
        if (axis.value == axis.max) step(0);
        // Nobody wants to hear a sentence every 0.6 seconds.
        say.ariaLive = "off";
        timer = setInterval(() => step(+axis.value + 1), 600);
        play.textContent = "Pause";
      };
    }
    show();
  }
})();
