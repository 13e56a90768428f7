// What all pieces share: how they come to life, load, glide, and stand in the address.
(() => {
  "use strict";
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const inBook = "content_root" in document.documentElement.dataset;

  Object.assign(dropoutLab, {
    calm,
    // Bring one kind of piece to life wherever it stands. Python made its controls; they are in
    // its data, as they are of no use without a script.
    piece(kind, live) {
      for (const root of document.querySelectorAll(`[data-piece=${kind}]:not([data-on])`)) {
        root.dataset.on = "";
        const find = name => root.querySelector(name[0] === "." ? name : `[name="${name}"]`);
        const data = JSON.parse(root.querySelector("[type='application/json']").textContent);
        find(".pg-ui").innerHTML = data.controls;
        find(".pg-view").innerHTML = data.view;
        // JupyterLab would take the arrow keys for itself; but it must hear Ctrl+S.
        root.onkeydown = event => event.ctrlKey || event.metaKey || event.stopPropagation();
        const controls = [...root.querySelectorAll(".pg-ui :is(input, select)")];
        live({
          root, find, data,
          // What its controls say, in the address, so that a teacher can send it: in the book only.
          remember() {
            const state = new URLSearchParams({piece: kind});
            for (const {name, value} of controls) state.set(name, value);
            // A browser may forbid it, for a file say; the piece does without.
            try {
              if (inBook) history.replaceState(null, "", "#" + state);
            } catch {}
          },
          // A slider keeps to what it allows, and a menu that does not know a value to its first.
          recall(change) {
            const state = new URLSearchParams(inBook ? location.hash.slice(1) : "");
            if (state.get("piece") !== kind) return;
            for (const control of controls) {
              control.value = state.get(control.name) ?? control.value;
              if (control.selectedIndex < 0) control.selectedIndex = 0;
              change(control);
            }
            root.scrollIntoView();
          },
          // What changes many times a second is announced once it has come to rest. The value of
          // each slider stands beside it.
          say(html, rest) {
            for (const slider of root.querySelectorAll("label [type=range]")) {
              const {value, step, dataset} = slider, text = (+value).toFixed(step < 1 ? 2 : 0);
              slider.ariaValueText = slider.previousSibling.textContent = text + dataset.unit;
            }
            const caption = find(".pg-say");
            caption.ariaLive = rest ? "polite" : "off";
            // What is refused says in its title what is allowed.
            caption.innerHTML = find(".pg-ui :invalid")?.title || html;
          },
        });
      }
    },

    // Sentences stand in the data, with names where numbers belong.
    fill: (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]),
    number: (value, digits = 2) => value.toFixed(digits).replace("-", "−"),

    // A text that stands in the page, or in a script that the site loads when it is asked for.
    load: name => new Promise((use, fail) => {
      const held = document.querySelector(`[data-text=${name}]`), {src} = held.dataset;
      if (!src || dropoutLab[name]) return use(dropoutLab[name] ?? held.textContent);
      const script = document.createElement("script");
      script.src = src;
      script.onload = () => use(dropoutLab[name]);
      script.onerror = fail;
      document.head.append(script);
    }),

    // Let numbers glide to where they belong in 150 ms, and draw on the way; or jump there.
    glide(draw) {
      let shown = [], from, to, began, asked = 0;
      const frame = now => {
        const left = calm.matches ? 0 : 1 - Math.min(Math.max(now - began, 0) / 150, 1);
        shown = to.map((value, k) => value + (from[k] - value) * left ** 2);
        draw(shown);
        asked = left && requestAnimationFrame(frame);
      };
      return (values, jump) => {
        from = values.map((value, k) => shown[k] ?? value);
        to = values;
        began = jump ? 0 : performance.now();
        asked ||= requestAnimationFrame(frame);
      };
    },
  });
})();
