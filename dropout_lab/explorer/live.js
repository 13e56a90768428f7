// Where the reader stands, and what has the focus, outlive the page that a fuller one replaces.
(() => {
  for (const root of document.querySelectorAll("[data-live=EXPLORER_NAME]:not([data-kept])")) {
    root.dataset.kept = 1;
    const kept = (window.keptExplorers ??= {}).EXPLORER_NAME ??= [];
    const axes = [...root.querySelectorAll(".xp-axis")];
    const labels = JSON.parse(root.querySelector("script").textContent).labels;
    axes.forEach((axis, k) => {
      if (labels[k].includes(kept[k])) axis.value = labels[k].indexOf(kept[k]);
      if (kept.focus == k) axis.focus({preventScroll: true});
    });
    if (kept.length) root.firstChild.oninput();
    root.addEventListener("input", () => axes.forEach((axis, k) => {
      kept[k] = labels[k][axis.value];
    }));
    root.addEventListener("focusin", e => kept.focus = axes.indexOf(e.target));
    // A control that the new page takes away has not been left.
    root.addEventListener("focusout", () => setTimeout(() => {
      if (root.isConnected && !root.contains(document.activeElement)) kept.focus = -1;
    }));
  }
})();
