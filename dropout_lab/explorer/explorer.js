// The whole engine of a published explorer. The page gets it without these comment lines and
// on one line, so each statement ends with a semicolon.
(() => {
  const key = "EXPLORER_KEY";
  for (const root of document.querySelectorAll(`[data-xp=${key}]:not([data-on])`)) {
    root.dataset.on = 1;
    const find = s => root.querySelector(s), view = find(".xp-view"), say = find(".xp-say"),
      // Ids inside the frames get a number of their own: the same figure may stand on a page twice.
      id = key + document.querySelectorAll("[data-on]").length,
      data = JSON.parse(find("script").textContent.replaceAll(key, id));
    find(".xp-note").remove();
    find(".xp-ui").innerHTML = data.controls;
    view.innerHTML = data.svg;
    let axes = root.querySelectorAll(".xp-axis"), svg = view.firstChild, most = 0,
      show = root.oninput = () => {
        let n = 0;
        axes.forEach((axis, k) => {
          const labels = data.labels[k], text = axis.nextSibling;
          n = n * labels.length + +axis.value;
          if (text) axis.ariaValueText = text.textContent = labels[axis.value];
        });
        // Only what differs from the frame before is parsed and painted again.
        svg.childNodes.forEach((g, k) => {
          k = data.frames[n][k];
          if (g.is != k) g.innerHTML = data.parts[g.is = k] ?? "";
        });
        const says = svg.ariaLabel = say.textContent = data.says[n];
        // The longest sentence so far keeps its room: a page that moves is painted anew.
        if (says[most]) most = (say.dataset.most = says).length;
      };
    // JupyterLab would take the arrow keys for itself; but it must hear Ctrl+S.
    root.onkeydown = e => e.ctrlKey || e.metaKey || e.stopPropagation();
    let play = find("button"), axis = axes[data.play], timer,
      stop = () => {
        timer = clearInterval(timer);
        say.ariaLive = "polite";
        play.textContent = "Play";
      },
      step = by => {
        axis.value = by;
        show();
        if (by >= axis.max || !play.offsetParent) stop();
      };
    if (play) play.onclick = () => {
      if (timer) return stop();
      if (axis.value == axis.max) step(0);
      // Nobody wants to hear a sentence every 0.6 seconds.
      say.ariaLive = "off";
      timer = setInterval(() => step(+axis.value + 1), 600);
      play.textContent = "Pause";
    };
    show();
  }
})();
