// Typeset a few formulas at a time: in between, the page answers its reader. What stands outside
// the elements that Sphinx marks comes last. The fonts come first: in others' letters the lines
// would be higher for a moment.
MathJax.config.startup.pageReady = async () => {
  let moved = false;
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    addEventListener(kind, () => (moved = true), { once: true, passive: true });
  }
  document.head.append(MathJax.chtmlStylesheet());
  const fonts = ["MJXZERO", "MJXTEX", "MJXTEX-I"].map((name) => document.fonts.load(`1em ${name}`));
  await Promise.allSettled(fonts);
  const formulas = [...document.querySelectorAll(".math")];
  while (formulas.length) {
    await MathJax.typesetPromise(formulas.splice(0, 5));
    await new Promise((done) => setTimeout(done));
  }
  await MathJax.typesetPromise();
  // Formulas above the place that the address names have moved it.
  if (!moved) document.querySelector(":target")?.scrollIntoView();
};
