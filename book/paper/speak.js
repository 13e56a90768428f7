// Letters that a style sheet draws, as MathJax does, are in no tree of a PDF. So each formula gets a
// name in words, and a box (see paper.css) that is in the tree.
async rules => {
    const { Sre } = MathJax._.a11y.sre;
    SREfeature.custom = async name => rules[name];  // a page from a file may not read files
    await Sre.setupEngine({ locale: 'en', domain: 'clearspeak', modality: 'speech' });
    await Sre.sreReady();
    const { SerializedMmlVisitor } = MathJax._.core.MmlTree.SerializedMmlVisitor;
    const source = new SerializedMmlVisitor();
    const spoken = new Map();
    for (const formula of MathJax.startup.document.math) {
        const mathml = source.visitTree(formula.root);
        if (!spoken.has(mathml)) {
            // Upright letters are no news: E is the mean, and Var has no slant either.
            spoken.set(mathml, Sre.toSpeech(mathml).replaceAll('normal ', ''));
        }
        const drawn = formula.typesetRoot.querySelector('mjx-math');
        drawn.setAttribute('role', 'img');
        drawn.setAttribute('aria-label', spoken.get(mathml));
    }
    return [...spoken.values()];
}
