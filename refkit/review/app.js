"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  // Everything that comes from digests and records becomes text nodes; there is no other way in here.
  const make = (name, props = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(props)) {
      if (value === null || value === undefined || value === false) continue;
      if (key === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
      else if (key === "class") element.className = value;
      else element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.filter(Boolean));
    return element;
  };
  const piece = (each) => {
    if (typeof each === "string") return each;
    const [name, inner] = each;
    return make(ELEMENTS.has(name) ? name : "span", name === "span" ? { class: "formula" } : {}, ...inner.map(piece));
  };
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
  const STATES = {
    a: ["accepted", "✓"], n: ["no paper of arXiv", "–"], m: ["matched", "✓"],
    q: ["ambiguous", "?"], x: ["not found", "?"], f: ["failed", "!"],
  };
  const OPEN = new Set(["q", "x", "f"]);
  const ELEMENTS = new Set(["span", "sup", "sub", "code"]);

  // --- asking the server -----------------------------------------------------------------------------------------
  const stored = (value) => {
    try {
      if (value !== undefined) sessionStorage.setItem("refkit", value);
      return sessionStorage.getItem("refkit") || "";
    } catch { return value || ""; }
  };
  let token = "";
  class Refused extends Error {
    constructor(sentence, code) { super(sentence); this.code = code; }
  }
  const ask = async (path, body) => {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(path, { method: body === undefined ? "GET" : "POST", headers, body: body && JSON.stringify(body) });
    } catch {
      throw new Refused("refkit does not answer; start `refkit review --web` again. What you chose is kept.", 0);
    }
    const text = await answer.text();
    let said;
    try { said = JSON.parse(text); } catch { said = { error: "refkit failed; its terminal says why. What you chose is kept." }; }
    if (!answer.ok) throw new Refused(said.error, answer.status);
    return said;
  };
  const enter = async () => {
    const ticket = location.hash.slice(1);
    token = "";
    if (ticket) {
      history.replaceState(null, "", location.pathname);
      token = stored((await ask("/api/enter", { ticket })).token);
    } else {
      token = stored();
    }
  };

  // --- what is known ---------------------------------------------------------------------------------------------
  let all = null; // the list of titles, by columns
  let folded = []; // the titles as people search them
  let visible = []; // places in `all` that filter and search leave
  let chosen = -1; // a place in `all`
  let shown = null; // the title at the right: what the server tells of it, and the candidates that have keys
  let busy = false; // one choice at a time: a second key must not decide on a title that nobody saw
  let undone = 0; // choices that may be undone

  const say = (text, kind = "") => { at("status").textContent = text; at("status").className = kind; };
  const mode = () => document.querySelector('input[name="show"]:checked').value;
  const fits = (state) => mode() === "all" || OPEN.has(state) === (mode() === "open");

  const load = async () => {
    all = await ask("/api/review");
    all.states = [...all.states];
    folded = all.titles.map((title, place) => `${fold(title)} ${all.papers[place]}`);
    undone = all.undo;
    progress();
  };
  const progress = () => {
    const open = all.states.reduce((sum, state) => sum + OPEN.has(state), 0);
    at("progress").textContent = `${open.toLocaleString("en")} open of ${count(all.states.length, "title", "titles")}`;
    at("undo").disabled = undone === 0;
    document.title = open ? `(${open}) refkit review` : "refkit review";
  };

  // --- the list: only the rows on the screen are in the page -----------------------------------------------------------
  const list = at("list");
  const ROW = 56; // pixels, as in style.css
  const MORE = 6; // rows above and below the screen, so that a slow frame shows no gap
  const space = make("div", { class: "space", role: "presentation" });
  list.append(space);

  const sieve = () => {
    const words = fold(at("find").value).split(/\s+/).filter(Boolean);
    visible = [];
    for (let place = 0; place < all.titles.length; place += 1) {
      if (fits(all.states[place]) && words.every((word) => folded[place].includes(word))) visible.push(place);
    }
    space.style.height = `${visible.length * ROW}px`;
    at("shown").textContent = visible.length === all.titles.length
      ? count(visible.length, "title", "titles")
      : `${visible.length.toLocaleString("en")} of ${count(all.titles.length, "title", "titles")}`;
    draw();
  };
  const row = (index) => {
    const place = visible[index];
    const [name, mark] = STATES[all.states[place]];
    const digest = all.digests[all.digest[place]];
    const where = [digest ? `${digest}:${all.line[place]}` : "", name].filter(Boolean).join(" · ");
    const element = make("div", {
      role: "option", id: `t${place}`, class: `option ${all.states[place]}`, "aria-selected": `${place === chosen}`,
      "aria-posinset": index + 1, "aria-setsize": visible.length, "data-place": place,
    }, make("span", { class: "mark", "aria-hidden": "true" }, mark),
    make("span", { class: "name", dir: "auto" }, ...(all.formulae[place] || [all.titles[place]]).map(piece)), make("span", { class: "where" }, where));
    element.style.top = `${index * ROW}px`;
    return element;
  };
  const draw = () => {
    const first = Math.max(Math.floor(list.scrollTop / ROW) - MORE, 0);
    const last = Math.min(Math.ceil((list.scrollTop + list.clientHeight) / ROW) + MORE, visible.length);
    const rows = [];
    for (let index = first; index < last; index += 1) rows.push(row(index));
    space.replaceChildren(...rows);
    const index = visible.indexOf(chosen);
    if (index >= first && index < last) list.setAttribute("aria-activedescendant", `t${chosen}`);
    else list.removeAttribute("aria-activedescendant");
  };
  let frame = 0;
  list.addEventListener("scroll", () => { if (!frame) frame = requestAnimationFrame(() => { frame = 0; draw(); }); });
  new ResizeObserver(() => { if (all) draw(); }).observe(list);
  const reveal = (index) => {
    const top = index * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
  };
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-place]");
    if (option) select(Number(option.dataset.place), { opens: true });
  });

  // --- one title ---------------------------------------------------------------------------------------------------
  const marked = (runs) => runs.flatMap(([where, pieces], place) => {
    const words = pieces.map(piece);
    const name = { ours: "del", theirs: "ins" }[where];
    return [place ? " " : "", ...(name ? [make(name, {}, ...words)] : words)];
  });
  const names = (authors, most = 4) => (authors.length > most ? `${authors.slice(0, most).join(", ")} et al.` : authors.join(", "));
  const snippet = (text, summary) => {
    const short = 260;
    if (text.length <= short) return make("p", { class: "abstract", dir: "auto" }, text);
    const cut = text.lastIndexOf(" ", short);
    return make("details", { class: "abstract" },
      make("summary", { "aria-label": summary }, make("span", { dir: "auto" }, `${text.slice(0, cut > 0 ? cut : short)} …`)),
      make("p", { dir: "auto" }, text));
  };
  const bars = (evidence) => make("dl", { class: "evidence" }, ...evidence.map(([name, outcome, score, note]) => {
    const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("span", { class: outcome }));
    bar.firstChild.style.width = `${Math.round(score * 100)}%`;
    return make("div", {}, make("dt", {}, name),
      make("dd", {}, bar, make("span", { class: "outcome" }, `${outcome} ${score.toFixed(2)}`), note && make("span", { class: "note" }, note)));
  }));
  const byline = (each) => {
    const parts = [each.authors.length ? names(each.authors) : "authors unknown", each.submitted || "date unknown"];
    return make("p", { class: "by" }, make("span", { dir: "auto", title: each.authors.length > 4 && each.authors.join(", ") }, parts[0]),
      ` · ${parts[1]}`, ...each.categories.flatMap(([code, name]) => [" · ", make("abbr", { title: name || code }, code)]),
      each.withdrawn && " · ", each.withdrawn && make("strong", { class: "withdrawn" }, "withdrawn"));
  };
  const card = (each, index, taken) => {
    const heading = `c${index}`;
    const number = index + 1;
    const link = make("a", { href: `https://arxiv.org/abs/${each.id}`, target: "_blank", rel: "noopener noreferrer" }, `arXiv:${each.id}`);
    const likely = each.likely === null ? "" : `${each.likely || "less than 1"} % likely`;
    const facts = [likely, each.source && `from ${each.source}`].filter(Boolean).join(", ");
    const accept = make("button", {
      type: "button", class: "accept", "aria-describedby": heading, "aria-keyshortcuts": number < 10 ? `${number}` : null,
      on: { click: () => choose("accept", each.id) },
    }, make("kbd", { "aria-hidden": "true" }, `${number}`), taken === "accepted" ? " Accepted" : ` Accept ${number}`);
    return make("li", { class: taken ? "card taken" : "card" },
      make("div", { class: "card-head" }, accept, link, make("span", { class: "facts" }, facts)),
      make("h3", { id: heading, dir: "auto" }, ...marked(each.title)),
      ...each.former.slice(0, 2).map((former) => make("p", { class: "former", dir: "auto" }, "formerly: ", ...marked(former))),
      byline(each), bars(each.evidence), each.abstract && snippet(each.abstract, `Abstract of arXiv:${each.id}`));
  };
  const mention = (told) => {
    const state = told.state === "none" ? "no paper of arXiv" : told.state;
    const by = [names(told.authors), told.issued, told.links && `links arXiv:${told.links}`, told.heading].filter(Boolean).join(" · ");
    const places = told.places.slice(0, 5).map(([digest, line]) => (digest ? `${digest}:${line}` : "")).filter(Boolean).join(", ");
    const more = told.places.length > 5 ? ` and ${told.places.length - 5} more` : "";
    const letter = all.states[told.place];
    return make("div", { class: "mention" },
      make("p", { class: "place" }, make("strong", { class: `state ${letter}` }, state), told.paper && ` arXiv:${told.paper}`, places && ` · ${places}${more}`),
      make("h2", { dir: "auto" }, ...told.title.map(piece)),
      by && make("p", { class: "by", dir: "auto" }, by),
      told.abstract && snippet(told.abstract, "What the digest says of it"),
      told.reason && make("p", { class: "reason" }, told.reason),
      told.remark && make("p", { class: "reason" }, told.remark));
  };
  const themes = (told) => {
    if (!told.themes) return "";
    const now = told.themes.map(([name]) => name);
    const give = (wanted) => decide("/api/themes", { place: told.place, themes: wanted }, { stays: true });
    const items = told.themes.map(([name, words]) => make("li", { title: words.length ? `words: ${words.join(", ")}` : "by hand" },
      name, make("button", { type: "button", "aria-label": `Remove the theme ${name}`, on: { click: () => give(now.filter((each) => each !== name)) } }, "×")));
    const field = make("input", { id: "theme", list: "known", "aria-label": "Add a theme", placeholder: "add a theme  (t)", autocomplete: "off", spellcheck: "false" });
    const known = make("datalist", { id: "known" }, ...all.themes.filter((name) => !now.includes(name)).map((name) => make("option", { value: name })));
    const form = make("form", { class: "row", on: { submit: (event) => {
      event.preventDefault();
      const name = field.value.trim().toLowerCase().replace(/[\s_]+/g, "-");
      if (name) give([...now, name]);
    } } }, field, known, make("button", {}, "Add"));
    return make("section", { class: "themes", "aria-label": "Themes" }, make("ul", { "aria-label": "Themes of this paper" }, ...items), form);
  };
  const another = (told) => {
    const field = make("input", { id: "another", type: "search", "aria-label": "Words of a title, or an arXiv id", placeholder: "words of a title, or an arXiv id  (i)", autocomplete: "off", spellcheck: "false" });
    return make("form", { class: "row another", role: "search", "aria-label": "Look for another paper", on: { submit: (event) => {
      event.preventDefault();
      look(told.place, field.value);
    } } }, field, make("button", {}, "Look for another paper"));
  };
  const show = () => {
    const { told, found } = shown;
    const candidates = found ? found.candidates : told.candidates;
    const heading = found
      ? `${count(candidates.length, "paper", "papers")} found for “${found.text}”`
      : candidates.length ? count(candidates.length, "candidate", "candidates") : "No candidate";
    const back = found && make("button", { type: "button", on: { click: () => { shown.found = null; show(); } } }, "Back to the candidates");
    const none = make("button", { type: "button", id: "none", "aria-keyshortcuts": "n", on: { click: () => choose("none", "") } }, make("kbd", { "aria-hidden": "true" }, "n"), " None of them");
    const skip = make("button", { type: "button", id: "skip", "aria-keyshortcuts": "s", on: { click: () => step(1) } }, make("kbd", { "aria-hidden": "true" }, "s"), " Skip");
    at("title").replaceChildren(
      make("button", { type: "button", id: "back", on: { click: () => { document.body.dataset.view = "list"; list.focus(); } } }, "← Titles"),
      mention(told), ...[themes(told)].filter(Boolean),
      make("div", { class: "heading" }, make("h2", {}, heading), none, skip, back || ""),
      make("ol", { class: "cards" }, ...candidates.map((each, index) => card(each, index, each.id === told.paper && told.state))),
      another(told));
  };

  // --- going on ----------------------------------------------------------------------------------------------------
  let wanted = 0;
  const select = async (place, { opens = false } = {}) => {
    chosen = place;
    shown = null; // no key decides on a title that is not on the screen yet
    const mine = (wanted += 1); // an answer on what was chosen before comes too late
    const index = visible.indexOf(place);
    if (index >= 0) reveal(index);
    draw();
    if (opens) document.body.dataset.view = "title";
    if (place < 0) {
      const rest = mode() === "open" && !at("find").value;
      at("title").replaceChildren(make("p", { class: "empty" }, rest ? "Everything is decided. Write BibTeX or to Zotero, or press Ctrl-C on the terminal." : "No such title."));
      document.body.dataset.view = "list";
      return;
    }
    try {
      const told = await ask(`/api/title/${place}`);
      if (mine !== wanted) return;
      if (told.version !== all.version) { await renew(""); return; }
      shown = { told, found: null };
      show();
      at("title").scrollTop = 0;
    } catch (error) { await failed(error); }
  };
  const step = (by) => {
    if (!visible.length) return;
    const index = visible.indexOf(chosen);
    const next = Math.min(Math.max(index + by, 0), visible.length - 1);
    if (visible[next] !== chosen) select(visible[next]);
    else say(by > 0 ? "That is the last title." : "That is the first title.");
  };
  // Where the title was that is no longer in the list, the next one is now.
  const follow = (index) => select(visible.length ? visible[Math.min(Math.max(index, 0), visible.length - 1)] : -1);
  const renew = async (sentence) => {
    const index = visible.indexOf(chosen);
    await load();
    sieve();
    if (sentence) say(sentence, "warning");
    if (visible.includes(chosen)) await select(chosen); else await follow(index);
  };
  const failed = async (error) => {
    if (!(error instanceof Refused)) throw error;
    if (error.code === 409) {
      await renew(`${error.message} This page shows it as it is now; choose again.`);
      return;
    }
    say(error.message, "error");
  };
  const decide = async (path, question, { stays = false } = {}) => {
    if (busy) return;
    busy = true;
    const index = visible.indexOf(chosen);
    const was = chosen;
    let done;
    try {
      done = await ask(path, { ...question, seen: all.version });
    } catch (error) {
      await failed(error);
      return;
    } finally { busy = false; }
    all.version = done.version;
    undone = done.undo;
    for (const [place, state, paper] of done.changed) {
      all.states[place] = state;
      all.papers[place] = paper;
      folded[place] = `${fold(all.titles[place])} ${paper}`;
    }
    progress();
    sieve();
    say([done.told, done.remark].filter(Boolean).join(". "));
    if (path === "/api/undo") await select(done.changed[0][0], { opens: true });
    else if (stays) await select(was);
    else await follow(visible.includes(was) ? index + 1 : index);
  };
  const choose = (what, id) => { if (shown) decide("/api/choose", { place: shown.told.place, what, id }); };
  const undo = () => decide("/api/undo", {});
  const look = async (place, text) => {
    say(`Looking for “${text}” …`);
    try {
      const found = await ask("/api/search", { place, text });
      if (!shown || shown.told.place !== place) return;
      say(found.remark || (found.candidates.length ? "" : "No paper was found."), found.remark ? "warning" : "");
      if (!found.candidates.length) return;
      shown.found = { ...found, text };
      show();
      at("title").focus();
    } catch (error) { await failed(error); }
  };

  // --- plans ---------------------------------------------------------------------------------------------------------
  const dialog = at("plan");
  let plan = null;
  const told = (text, kind = "") => { at("plan-status").textContent = text; at("plan-status").className = kind; };
  const change = ([op, key, title, reason, diff]) => make("li", {},
    make("strong", { class: `op ${op}` }, op), " ", make("code", {}, key), " ", make("span", { dir: "auto" }, title), reason && make("p", { class: "note" }, reason),
    diff.length > 0 && make("dl", { class: "diff" }, ...diff.map(([name, old, now]) => make("div", {}, make("dt", {}, name),
      make("dd", { dir: "auto" }, old && make("del", {}, old), old && now && " ", now && make("ins", {}, now))))));
  const clear = () => { plan = null; at("plan-body").replaceChildren(); at("confirm").hidden = true; told(""); };
  const planned = async (path, question) => {
    clear();
    told("Planning …");
    try {
      plan = await ask(path, question);
      told("");
      at("plan-body").replaceChildren(
        make("p", {}, make("strong", {}, plan.place), `: ${plan.counts}`),
        make("ul", { class: "changes" }, ...plan.changes.map(change)),
        plan.more ? make("p", {}, `and ${plan.more.toLocaleString("en")} more`) : "",
        plan.notes.length ? make("ul", { class: "notes" }, ...plan.notes.map((note) => make("li", {}, note))) : "");
      at("confirm").hidden = plan.changes.length === 0;
      at("confirm").textContent = `Write to ${plan.place}`;
      if (!at("confirm").hidden) at("confirm").focus(); else told("There is nothing to write.");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      told(error.message, "error");
    }
  };
  const open = (title, asks) => {
    clear();
    at("plan-title").textContent = title;
    at("ask-file").hidden = !asks;
    dialog.showModal();
  };
  at("bibtex").addEventListener("click", () => { open("Write BibTeX", true); at("file").focus(); });
  at("zotero").addEventListener("click", () => { open("Write to Zotero", false); planned("/api/plan/zotero", {}); });
  at("ask-file").addEventListener("submit", (event) => { event.preventDefault(); planned("/api/plan/bibtex", { file: at("file").value }); });
  at("confirm").addEventListener("click", async () => {
    const name = plan.plan;
    at("confirm").hidden = true;
    told("Writing …");
    try {
      const done = await ask("/api/apply", { plan: name });
      at("plan-body").replaceChildren(done.notes.length ? make("ul", { class: "notes" }, ...done.notes.map((note) => make("li", {}, note))) : "");
      told(`Done. ${done.told}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      told(error.message, "error");
    }
    at("close-plan").focus();
  });
  at("close-plan").addEventListener("click", () => dialog.close());

  // --- keys ------------------------------------------------------------------------------------------------------------
  const typing = (target) => target.matches("input:not([type=radio]), textarea, select");
  const help = () => at("keys").showModal();
  const accept = (index) => {
    const candidates = shown && (shown.found || shown.told).candidates;
    if (!candidates) return;
    if (index < candidates.length) choose("accept", candidates[index].id);
    else say("There is no such candidate; i looks for another paper, n says that there is none.", "warning");
  };
  const into = (id) => { const field = at(id); if (field) { field.focus(); field.select(); } };
  const KEYS = {
    j: () => step(1), k: () => step(-1), s: () => step(1), n: () => choose("none", ""), d: () => choose("none", ""),
    a: () => accept(0), u: undo, i: () => into("another"), t: () => into("theme"), "/": () => into("find"), "?": help,
  };
  const STEADY = new Set(["j", "k"]); // keys that may be held; a held key decides nothing
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); list.focus(); return; }
    if (typing(event.target) || (event.repeat && !STEADY.has(event.key))) return;
    const act = /^[1-9]$/.test(event.key) ? () => accept(Number(event.key) - 1) : KEYS[event.key];
    if (!act || !all) return;
    event.preventDefault();
    act();
  });
  list.addEventListener("keydown", (event) => {
    const page = Math.max(Math.floor(list.clientHeight / ROW) - 1, 1);
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
    if (by !== undefined) { event.preventDefault(); step(by); }
    if (event.key === "Enter" && shown) { document.body.dataset.view = "title"; at("title").focus(); }
  });
  at("undo").addEventListener("click", undo);
  at("help").addEventListener("click", help);
  const filtered = () => { sieve(); if (!visible.includes(chosen)) follow(0); else { reveal(visible.indexOf(chosen)); draw(); } };
  for (const radio of document.querySelectorAll('input[name="show"]')) radio.addEventListener("change", filtered);
  at("find").addEventListener("input", filtered);
  at("filter").addEventListener("submit", (event) => event.preventDefault());

  // --- the beginning, and what others do meanwhile -----------------------------------------------------------------------
  const watch = async () => {
    if (!all || busy || document.hidden) return;
    try {
      const { version } = await ask("/api/version");
      if (version !== all.version && !busy) await renew("refkit.lock was changed by another program or window; this page shows it as it is now.");
    } catch (error) { await failed(error); }
  };
  addEventListener("focus", watch);
  document.addEventListener("visibilitychange", watch);
  const begin = async () => {
    all = null;
    try {
      await enter();
      await load();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      at("title").replaceChildren(make("p", { class: "empty error", role: "alert" }, error.message));
      document.body.dataset.view = "title";
      return;
    }
    say("Each choice is kept in refkit.lock at once.");
    if (!all.states.some((state) => OPEN.has(state))) document.querySelector('input[value="all"]').checked = true;
    sieve();
    await follow(0);
    list.focus();
  };
  addEventListener("hashchange", begin);
  begin();
})();
