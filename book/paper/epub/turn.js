// The page for paper with what paper cannot have: formulas as MathML, links in place of page
// numbers. Chromium writes it as the XML that the format asks for.
() => {
    const { SerializedMmlVisitor } = MathJax._.core.MmlTree.SerializedMmlVisitor;
    const source = new SerializedMmlVisitor(), parser = new DOMParser();
    for (const formula of MathJax.startup.document.math) {
        const drawn = formula.typesetRoot;
        const math = parser.parseFromString(source.visitTree(formula.root), 'text/xml');
        const said = drawn.querySelector('mjx-math').getAttribute('aria-label');
        math.documentElement.setAttribute('alttext', said);
        for (const element of math.querySelectorAll('*')) {
            for (const name of element.getAttributeNames()) {
                if (name.startsWith('data-')) element.removeAttribute(name);
            }
        }
        drawn.replaceWith(document.adoptNode(math.documentElement));
    }
    for (const pointer of document.querySelectorAll('.pointer')) {
        const link = pointer.querySelector('a');
        link.textContent = 'Solution';
        link.className = '';
        pointer.replaceChildren(link);
    }
    const ids = new Set();  // some exercises of a chapter share one, which no link uses
    for (const element of document.querySelectorAll('[id]')) {
        if (ids.has(element.id)) element.removeAttribute('id');
        else ids.add(element.id);
    }
    for (const link of document.querySelectorAll('a[href^="#"]')) {
        const anchor = decodeURIComponent(link.hash.slice(1)), key = anchor.split('--')[0];
        link.setAttribute('href', `${key}.xhtml` + (anchor === key ? '' : `#${anchor}`));
    }
    document.querySelector('.title-page').append(document.querySelector('.about-print'));
    const xml = new XMLSerializer();
    return [...document.querySelectorAll('.title-page, article')].map(chapter => ({
        key: chapter.dataset.page ?? 'title-page',
        part: chapter.querySelector('h1.part')?.textContent ?? '',
        title: chapter.querySelector('h1:not(.part), h2, .title').textContent,
        sections: [...chapter.querySelectorAll('section[id] > h3')].map(
            heading => [heading.parentElement.id, heading.textContent]),
        properties: Object.entries({mathml: 'math', svg: 'svg'}).filter(
            ([, name]) => chapter.querySelector(name)).map(([property]) => property),
        text: xml.serializeToString(chapter).replace(/src="[^"]*\/(?=mark\.svg")/, 'src="'),
    }));
}
