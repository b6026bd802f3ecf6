"use strict";
// The transcript explorer: #/task/level/part lists the items behind a part (a channel, a test), #/task/level/part/item
// shows one.
// What the records say is untrusted text: it reaches the page as text nodes only.
(() => {
  const data = JSON.parse(document.getElementById("records").textContent);
  const view = document.getElementById("view");
  const explorer = document.getElementById("explorer");

  // ------------------------------------------------------------------------------------------------- pieces

  /** An element with attributes and children; strings become text. */
  function el(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  const address = (...parts) => "#/" + parts.map(encodeURIComponent).join("/");
  const level = (group) => (group.level === null ? "none" : String(group.level));
  const title = (group) => `${group.task}, ${group.level === null ? "no level" : `level ${group.level}`}`;
  const number = (value) => value.toFixed(2).replace("-0.00", "0.00");
  const signed = (value) => (value > 0 ? "+" : "") + number(value);
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  function link(text, href, current) {
    const made = el("a", { href }, text);
    if (current) made.setAttribute("aria-current", "page");
    return made;
  }

  function bar(share) {
    const fill = el("i");
    fill.style.width = `${(100 * share).toFixed(1)}%`;
    return fill;
  }

  /** A bar that goes left or right from the middle; 1 is half the width. */
  function signedBar(value) {
    const fill = el("i");
    const half = Math.min(50, Math.abs(value) * 50);
    fill.style.left = `${value < 0 ? 50 - half : 50}%`;
    fill.style.width = `${half}%`;
    return el("span", { class: "signed", "aria-hidden": "true" }, fill);
  }

  // ------------------------------------------------------------------------------------------------- where we are

  /** The group, part and record that the address names; what it does not name or does not know is null. */
  function route() {
    let parts = [];
    try {
      parts = location.hash.startsWith("#/") ? location.hash.slice(2).split("/").map(decodeURIComponent) : [];
    } catch {
      return { parts: ["?"], group: null, part: null, record: null };
    }
    const group = data.groups.find((g) => g.task === parts[0] && level(g) === parts[1]) || null;
    const part = data.parts.includes(parts[2]) ? parts[2] : null;
    const record = (group && group.records.find((r) => r.id === parts[3])) || null;
    return { parts, group, part, record };
  }

  /** A record's part, null where it has none. */
  const value = (record, part) => (record.parts && part in record.parts ? record.parts[part] : null);

  /** Records by their part, largest first; those that have none come last, in their order. */
  function ranked(group, part) {
    const rank = (record) => value(record, part) ?? -Infinity;
    return [...group.records].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
  }

  // ------------------------------------------------------------------------------------------------- start and list

  function partLinks(group, current) {
    const links = data.parts.map((p) => link(p, address(group.task, level(group), p), p === current));
    return el("nav", { "aria-label": `${capital(data.noun)}s of ${title(group)}` }, ...links);
  }

  function start() {
    const row = (group) => el("li", {}, el("b", {}, title(group)), partLinks(group, null));
    return [
      el("h3", { tabindex: "-1" }, `Choose a task and a ${data.noun}, here or in the figure`),
      el("ul", { class: "starts" }, ...data.groups.map(row)),
    ];
  }

  function unknown() {
    const where = el("p", { class: "note" }, "The address of this page names something that is not in it.");
    return [where, ...start()];
  }

  function row(group, part, record) {
    const href = address(group.task, level(group), part, record.id);
    const found = value(record, part);
    const why = record.why[part];
    const shown =
      found !== null
        ? [el("span", { class: "value" }, signed(found)), signedBar(found)]
        : [why ? el("span", { class: "why" }, why) : null];
    return el("li", {}, el("a", { href }, ...shown, el("span", {}, record.question)));
  }

  function list(group, part) {
    const rows = ranked(group, part).map((record) => row(group, part, record));
    const some = group.total > group.records.length ? `the first ${group.records.length} of ${group.total} items` : "all items";
    return [
      el("nav", { "aria-label": "Back" }, link("← all tasks", "#/")),
      el("h3", { tabindex: "-1" }, `${title(group)}: ${some}, by ${part}`),
      partLinks(group, part),
      data.about[part] ? el("p", { class: "quiet" }, `${capital(data.about[part])}.`) : null,
      el("p", { class: "quiet" }, data.says),
      el("ol", { class: "items" }, ...rows),
    ].filter(Boolean);
  }

  // ------------------------------------------------------------------------------------------------- one item

  /** The sentences between question and answer; a run of changed or written ones is named where it begins. */
  function between(record, condition) {
    if (!condition.between.length && !condition.extra) return el("p", { class: "nothing" }, "nothing");
    let before = "";
    const lines = condition.between.map((sentence, i) => {
      const text = record.sentences[sentence];
      const kind = condition.changed.includes(i) ? "changed" : condition.wrote.includes(i) ? "wrote" : "";
      const name = { changed: "changed", wrote: "written by the model" }[kind];
      const tag = kind && kind !== before ? el("span", { class: "tag" }, name) : null;
      before = kind;
      return el("li", { class: kind }, tag, kind === "changed" ? el("mark", {}, text) : text);
    });
    if (condition.extra) {
      lines.push(el("li", { class: "wrote" }, el("span", { class: "tag" }, "written by the model, in full"), condition.extra));
    }
    return el("ol", { class: "between" }, ...lines);
  }

  /** The letter before an option, where the condition had letters. */
  const letter = (condition, i) =>
    condition.letters ? el("span", { class: "letter" }, `(${String.fromCharCode(65 + condition.letters[i])}) `) : null;

  /** What each judge said of whether the reasoning names the hint. */
  function verdicts(condition) {
    if (!condition.verdicts) return null;
    const said = (verdict) => (verdict === null ? "no verdict" : verdict ? "the reasoning names the hint" : "it does not name the hint");
    const lines = Object.entries(condition.verdicts).map(([judge, verdict]) =>
      el("li", {}, el("span", {}, `${judge}: `), said(verdict)));
    return el("ul", { class: "verdicts" }, ...lines);
  }

  /** The distribution over the options as bars; the right one and the implied one are named. */
  function options(record, condition) {
    if (!condition.p) return el("p", { class: "nothing" }, "no distribution was read");
    const gold = condition.gold ?? record.gold;
    const line = (text, i) => {
      const marks = [i === gold ? "✓ right" : null, i === condition.implied ? "→ implied" : null].filter(Boolean);
      const kind = [i === gold ? "gold" : "", i === condition.implied ? "implied" : ""].join(" ").trim();
      const track = el("span", { class: "track", "aria-hidden": "true" }, bar(condition.p[i]));
      return el("li", { class: kind }, el("span", { class: "name" }, letter(condition, i), text), track,
        el("span", { class: "p" }, number(condition.p[i])), el("span", { class: "tag" }, marks.join(", ")));
    };
    return el("ul", { class: "options" }, ...record.options.map(line));
  }

  function card(record, condition) {
    const mass = condition.mass === null ? null : `together ${number(condition.mass)} of the model's probability`;
    return el(
      "section", { class: "card", "data-condition": condition.name, "aria-label": condition.name },
      el("h5", {}, condition.name),
      el("p", {}, condition.caption),
      condition.question ? el("p", { class: "asked" }, condition.question) : null,
      between(record, condition),
      options(record, condition),
      verdicts(condition),
      mass && el("p", { class: "mass" }, mass),
    );
  }

  function cards(record) {
    const sections = [...new Set(record.conditions.map((c) => c.section))];
    return sections.flatMap((name) => [
      el("h4", {}, name),
      el("div", { class: "cards" }, ...record.conditions.filter((c) => c.section === name).map((c) => card(record, c))),
    ]);
  }

  function about(record) {
    const fact = (name, value) => el("li", {}, el("span", {}, `${name} `), value);
    const facts = [fact("right answer", record.options[record.gold])];
    const { conclusion, finish, legible } = record.thought;
    if (conclusion !== null) facts.push(fact("the reasoning concludes", conclusion));
    if (finish === "length") facts.push(fact("the reasoning was", "cut off"));
    for (const [name, share] of Object.entries(legible || {})) facts.push(fact(name, number(share)));
    const some = data.parts.filter((name) => value(record, name) !== null);
    const reasons = [...new Set(Object.values(record.why))].filter(Boolean);
    const parts = some.length
      ? some.map((name) => fact(name, signed(value(record, name))))
      : reasons.length ? [fact(`not in the ${data.noun}s:`, reasons.join(", "))] : [];
    return [el("ul", { class: "about" }, ...parts), el("ul", { class: "about" }, ...facts)];
  }

  function item(group, part, record) {
    const order = ranked(group, part);
    const at = order.indexOf(record);
    const to = (other, text) => other && link(text, address(group.task, level(group), part, other.id));
    return [
      el("nav", { "aria-label": "Items" }, link(`← ${title(group)}, by ${part}`, address(group.task, level(group), part)),
        to(order[at - 1], "previous"), to(order[at + 1], "next")),
      el("h3", { tabindex: "-1" }, record.question),
      el("p", { class: "quiet" }, `${record.id}, ${at + 1} of ${order.length}`),
      ...about(record),
      record.error ? el("p", { class: "note" }, `${record.status}: ${record.error}`) : null,
      record.thought.text
        ? el("details", {}, el("summary", {}, "The model's reasoning, as generated"), el("p", { class: "raw" }, record.thought.text))
        : null,
      ...cards(record),
    ].filter(Boolean);
  }

  // ------------------------------------------------------------------------------------------------- moving about

  /** Draw what the address names. `moved`: somebody went there, so bring it into view and give it the focus. */
  function show(moved) {
    const { parts, group, part, record } = route();
    const named = parts.filter(Boolean).length;
    if (!named) view.replaceChildren(...start());
    else if (named === 3 && group && part) view.replaceChildren(...list(group, part));
    else if (named === 4 && record && part) view.replaceChildren(...item(group, part, record));
    else view.replaceChildren(...unknown());
    view.dataset.at = location.hash;
    if (!moved || !location.hash.startsWith("#/")) return;
    explorer.scrollIntoView({ block: "start" });
    view.querySelector("h3").focus({ preventScroll: true });
  }

  /** Escape goes one step up: from an item to its list, from a list to the tasks. */
  function up() {
    const { parts } = route();
    if (parts.length === 4) location.hash = address(...parts.slice(0, 3));
    else if (parts.length > 1) location.hash = "#/";
  }

  for (const row of document.querySelectorAll("svg [data-part]")) {
    const { task, level: at, part } = row.dataset;
    const go = () => {
      const there = address(task, at, part);
      if (location.hash === there) show(true);
      else location.hash = there;
    };
    row.setAttribute("role", "button");
    row.setAttribute("tabindex", "0");
    row.setAttribute("aria-label", `${row.querySelector("title").textContent}: show its items`);
    row.closest("svg").setAttribute("role", "group");
    row.addEventListener("click", go);
    row.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      go();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") up();
  });
  window.addEventListener("hashchange", () => show(true));
  document.documentElement.classList.add("scripted");
  show(location.hash.startsWith("#/"));
})();
