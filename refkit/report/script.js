"use strict";
(() => {
  const root = document.documentElement;
  const at = (id) => document.getElementById(id);
  // Letters without accents and case, as people type them.
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = (text) => fold(text).split(/\s+/).filter(Boolean);
  root.classList.add("scripts");

  // The look: as the system, light, dark. A browser that keeps nothing for local files forgets it.
  const looks = ["", "light", "dark"];
  const names = { "": "as the system", light: "light", dark: "dark" };
  const stored = () => { try { return localStorage.getItem("refkit-look"); } catch { return null; } };
  const show = (look) => {
    if (look) root.dataset.look = look; else delete root.dataset.look;
    at("look").textContent = `Look: ${names[look]}`;
  };
  show(looks.includes(stored()) ? stored() : "");
  at("look").addEventListener("click", () => {
    const look = looks[(looks.indexOf(root.dataset.look || "") + 1) % looks.length];
    show(look);
    try { localStorage.setItem("refkit-look", look); } catch { /* it holds until the page is closed */ }
  });

  const form = at("filter");
  if (!form) return;

  const text = (entry, what) => { const found = entry.querySelector(what); return found ? found.textContent : ""; };
  const authors = (entry) => {
    const all = [...entry.querySelectorAll(".authors li")].map((each) => each.textContent.trim());
    return all.map((name) => words(name).join(" "));
  };
  const entries = [...document.querySelectorAll("article.paper")].map((entry) => {
    const by = authors(entry);
    const about = [text(entry, "h3"), text(entry, ".themes"), text(entry, ".links"), text(entry, ".nearest"), text(entry, "dl")];
    return {
      entry,
      by,
      text: fold(about.join(" ")).replace(/\s+/g, " "),
      bibtex: text(entry, ".bibtex"),
      pick: entry.querySelector(".pick"),
      year: entry.dataset.year || "",
      verdict: entry.dataset.verdict,
      themes: new Set((entry.dataset.themes || "").split(" ").filter(Boolean)),
      seen: true,
    };
  });
  const around = document.querySelectorAll(".heap, #papers, #open");
  const few = 1000; // entries that are laid out at once: in 0.2 s (docs/report.md)
  // A field that would tell no titles apart is not on the page.
  const field = (id) => at(id) || { value: "", options: [] };
  const fields = { q: at("q"), theme: field("theme"), author: field("author"), year: field("year"), verdict: field("verdict") };

  const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
  // Copied is what is ticked, also where a filter hides it, else all that is shown.
  const chosen = () => {
    const picked = entries.filter((each) => each.pick && each.pick.checked);
    return { picked: picked.length, list: picked.length ? picked : entries.filter((each) => each.seen && each.bibtex) };
  };
  const tell = (text) => { at("count").textContent = text; };
  let waiting = 0;
  const offer = () => {
    const { picked, list } = chosen();
    at("copy").textContent = `Copy BibTeX of ${list.length.toLocaleString("en")} ${picked ? "selected" : "shown"}`;
    at("copy").disabled = !list.length;
    at("none").hidden = !picked;
  };

  const update = () => {
    clearTimeout(waiting);
    const wanted = words(fields.q.value);
    const author = words(fields.author.value);
    const { theme, year, verdict } = fields;
    let seen = 0;
    for (const each of entries) {
      const fits = (!theme.value || each.themes.has(theme.value))
        && (!year.value || each.year === year.value)
        && (!verdict.value || each.verdict === verdict.value)
        && (!author.length || each.by.some((name) => author.every((word) => name.includes(word))))
        && wanted.every((word) => each.text.includes(word));
      if (fits !== each.seen) { each.entry.hidden = !fits; each.seen = fits; }
      seen += fits;
    }
    for (const each of around) each.hidden = !each.querySelector("article.paper:not([hidden])");
    root.classList.toggle("few", seen < few);
    tell(`${seen.toLocaleString("en")} of ${count(entries.length, "title", "titles")} shown`);
    offer();
  };

  // A keystroke must not wait for the page: of many, the last one counts.
  const later = () => { clearTimeout(waiting); waiting = setTimeout(update, 80); };
  form.addEventListener("input", later);
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update));
  addEventListener("pageshow", update); // a browser fills in again what was typed before a reload

  // Where the clipboard is closed to a page (an old browser, a local file), the older way; else by hand.
  const copied = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* the older way */ }
    const box = document.createElement("textarea");
    const active = document.activeElement;
    box.value = text;
    box.className = "skip";
    box.setAttribute("aria-hidden", "true");
    document.body.append(box);
    box.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch { /* by hand */ }
    box.remove();
    if (active) active.focus();
    return done;
  };
  const copy = async (list) => {
    const all = list.map((each) => `${each.bibtex.trim()}\n`).join("\n");
    const done = await copied(all);
    const box = at("by-hand");
    box.hidden = done;
    if (!done) { box.value = all; box.focus(); box.select(); }
    const what = count(list.length, "entry", "entries");
    tell(done ? `${what} copied` : `Copy the ${what} by hand: they are selected`);
    return done;
  };
  at("copy").addEventListener("click", () => { update(); copy(chosen().list); }); // what was just typed counts
  at("none").addEventListener("click", () => {
    for (const each of entries) if (each.pick) each.pick.checked = false;
    offer();
    at("copy").focus();
  });
  document.addEventListener("change", (event) => { if (event.target.matches(".pick")) offer(); });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const entry = button.closest("article");
    if (await copy([entries.find((each) => each.entry === entry)])) {
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy BibTeX"; }, 2000);
    }
  });

  // In the tables beside the pictures, a theme and an author lead to their papers.
  const lead = (table, set) => {
    for (const cell of table.querySelectorAll("tbody th")) {
      const name = cell.textContent;
      if (!set(name, true)) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.addEventListener("click", () => { set(name, false); update(); fields.q.scrollIntoView(); at("q").focus(); });
      cell.replaceChildren(button);
    }
  };
  const byTheme = (name, only) => {
    const option = [...fields.theme.options].find((each) => each.text.replace(/ \(\d+\)$/, "") === name && each.value);
    if (option && !only) { form.reset(); fields.theme.value = option.value; }
    return Boolean(option);
  };
  const byAuthor = (name, only) => {
    if (!only) { form.reset(); fields.author.value = name; }
    return true;
  };
  for (const table of document.querySelectorAll(".picture table")) {
    lead(table, table.querySelector("thead th").textContent === "author" ? byAuthor : byTheme);
  }
  update();
})();
