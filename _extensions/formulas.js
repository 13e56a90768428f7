// Typeset a few formulas at a time: in between, the page answers its reader. What stands outside
// the elements that Sphinx marks comes last.
MathJax.config.startup.pageReady = async () => {
  const formulas = [...document.querySelectorAll(".math")];
  while (formulas.length) {
    await MathJax.typesetPromise(formulas.splice(0, 5));
    await new Promise((done) => setTimeout(done));
  }
  return MathJax.typesetPromise();
};
