// Without Python's network a kernel never starts, and JupyterLite says so nowhere: the cells wait.
(async () => {
  const address = "PYODIDE";
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(10000) });
    if (answer.ok) return;
  } catch {
    // said below
  }
  const box = document.createElement("div");
  box.setAttribute("role", "alert");
  box.style = "position: fixed; inset: 0 0 auto; z-index: 99999; padding: 1rem; color: #000;"
    + "background: #ffe9a8; border-bottom: 2px solid #000; font: 1rem/1.4 sans-serif";
  const {host} = new URL(address, location);
  box.textContent = `Python cannot start: it comes from ${host}, and your browser `
    + "gets no answer from there. You may be offline, or a network or an extension may block it. "
    + "Cells marked [*] wait in vain. Reload this page once that address can be reached; "
    + "until then the book's own pages show every figure. ";
  const close = document.createElement("button");
  close.textContent = "Close";
  close.onclick = () => box.remove();
  box.append(close);
  document.body.append(box);
})();
