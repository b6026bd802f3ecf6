"use strict";
// The transcript explorer: #/task/level/channel lists the items behind a channel, #/task/level/channel/item shows one.
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

  /** The group, channel and record that the address names; what it does not name or does not know is null. */
  function route() {
    let parts = [];
    try {
      parts = location.hash.startsWith("#/") ? location.hash.slice(2).split("/").map(decodeURIComponent) : [];
    } catch {
      return { parts: ["?"], group: null, channel: null, record: null };
    }
    const group = data.groups.find((g) => g.task === parts[0] && level(g) === parts[1]) || null;
    const channel = data.channels.includes(parts[2]) ? parts[2] : null;
    const record = (group && group.records.find((r) => r.id === parts[3])) || null;
    return { parts, group, channel, record };
  }

  /** Records by their part of a channel, largest first; those that have none come last, in their order. */
  function ranked(group, channel) {
    const value = (record) => (record.channels ? record.channels[channel] : -Infinity);
    return [...group.records].sort((a, b) => (value(a) === value(b) ? 0 : value(b) - value(a)));
  }

  // ------------------------------------------------------------------------------------------------- start and list

  function channelLinks(group, current) {
    const links = data.channels.map((c) => link(c, address(group.task, level(group), c), c === current));
    return el("nav", { "aria-label": `Channels of ${title(group)}` }, ...links);
  }

  function start() {
    const row = (group) => el("li", {}, el("b", {}, title(group)), channelLinks(group, null));
    return [
      el("h3", { tabindex: "-1" }, "Choose a task and a channel, here or in the figure"),
      el("ul", { class: "starts" }, ...data.groups.map(row)),
    ];
  }

  function unknown() {
    const where = el("p", { class: "note" }, "The address of this page names something that is not in it.");
    return [where, ...start()];
  }

  /** Why an item has no part in the channels. */
  function why(record) {
    if (record.status !== "ok") return record.status;
    const has = (name) => record.conditions.some((c) => c.name === name);
    const missing = ["own", "paraphrase", "silent"].filter((name) => !has(name));
    return missing.length ? `no ${missing.join(", no ")}` : "not in the channels";
  }

  function row(group, channel, record) {
    const href = address(group.task, level(group), channel, record.id);
    const value = record.channels ? record.channels[channel] : null;
    const shown =
      value === null
        ? [el("span", { class: "why" }, why(record))]
        : [el("span", { class: "value" }, signed(value)), signedBar(value)];
    return el("li", {}, el("a", { href }, ...shown, el("span", {}, record.question)));
  }

  function list(group, channel) {
    const rows = ranked(group, channel).map((record) => row(group, channel, record));
    const some = group.total > group.records.length ? `the first ${group.records.length} of ${group.total} items` : "all items";
    return [
      el("nav", { "aria-label": "Back" }, link("← all tasks", "#/")),
      el("h3", { tabindex: "-1" }, `${title(group)}: ${some}, by ${channel}`),
      channelLinks(group, channel),
      el("p", { class: "quiet" }, "How much this channel adds to the probability of the right answer, item by item. " +
        "Single items are noisy: read them beside all the others."),
      el("ol", { class: "items" }, ...rows),
    ];
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

  /** The distribution over the options as bars; the right one and the implied one are named. */
  function options(record, condition) {
    if (!condition.p) return el("p", { class: "nothing" }, "no distribution was read");
    const line = (text, i) => {
      const marks = [i === record.gold ? "✓ right" : null, i === condition.implied ? "→ implied" : null].filter(Boolean);
      const kind = [i === record.gold ? "gold" : "", i === condition.implied ? "implied" : ""].join(" ").trim();
      const track = el("span", { class: "track", "aria-hidden": "true" }, bar(condition.p[i]));
      return el("li", { class: kind }, el("span", { class: "name" }, text), track,
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
      between(record, condition),
      options(record, condition),
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
    const parts = record.channels
      ? data.channels.map((name) => fact(name, signed(record.channels[name])))
      : [fact("not in the channels:", why(record))];
    return [el("ul", { class: "about" }, ...parts), el("ul", { class: "about" }, ...facts)];
  }

  function item(group, channel, record) {
    const order = ranked(group, channel);
    const at = order.indexOf(record);
    const to = (other, text) => other && link(text, address(group.task, level(group), channel, other.id));
    return [
      el("nav", { "aria-label": "Items" }, link(`← ${title(group)}, by ${channel}`, address(group.task, level(group), channel)),
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
    const { parts, group, channel, record } = route();
    const named = parts.filter(Boolean).length;
    if (!named) view.replaceChildren(...start());
    else if (named === 3 && group && channel) view.replaceChildren(...list(group, channel));
    else if (named === 4 && record && channel) view.replaceChildren(...item(group, channel, record));
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

  for (const part of document.querySelectorAll("svg [data-channel]")) {
    const { task, level: at, channel } = part.dataset;
    const go = () => {
      const there = address(task, at, channel);
      if (location.hash === there) show(true);
      else location.hash = there;
    };
    part.setAttribute("role", "button");
    part.setAttribute("tabindex", "0");
    part.setAttribute("aria-label", `${part.querySelector("title").textContent}: show its items`);
    part.closest("svg").setAttribute("role", "group");
    part.addEventListener("click", go);
    part.addEventListener("keydown", (event) => {
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
