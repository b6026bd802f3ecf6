"use strict";
// The transcript explorer: #/task/level/part lists the items behind a part (a channel, a test), #/task/level/part/item
// shows one. A run of arms also has #/pool/none/part, the families behind a part, and an item shows all its arms with the
// trees of their calls. A record that is a game is replayed (replay.js).
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
  const title = (group) => group === data.pool ? "all families" : `${group.task}${group.level === null ? "" : `, level ${group.level}`}`;
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
    const group = [...(data.pool ? [data.pool] : []), ...data.groups].find((g) => g.task === parts[0] && level(g) === parts[1]) || null;
    const part = data.parts.includes(parts[2]) ? parts[2] : null;
    const record = (group && group.records && group.records.find((r) => r.id === parts[3])) || null;
    return { parts, group, part, record };
  }

  /** A record's part, null where it has none. */
  const value = (record, part) => {
    if (record.scores) return record.scores[data.parts.indexOf(part)];
    return record.parts && part in record.parts ? record.parts[part] : null;
  };

  /** Records by their part, largest first; those that have none come last, in their order. */
  function ranked(group, part) {
    const rank = (record) => value(record, part) ?? -Infinity;
    return [...group.records].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
  }

  // ------------------------------------------------------------------------------------------------- start and list

  /** What a part is called for people. */
  const called = (part) => (data.titles && data.titles[part]) || part;

  function partLinks(group, current) {
    const to = (p) => link(called(p), address(group.task, level(group), p), p === current);
    const main = data.parts.filter((p) => !data.main || data.main.includes(p) || p === current);
    const rest = current === null ? [] : data.parts.filter((p) => !main.includes(p));
    const more = rest.length ? el("details", { class: "more" }, el("summary", {}, `${rest.length} more`), ...rest.map(to)) : null;
    return el("nav", { "aria-label": `${capital(data.noun)}s of ${title(group)}` }, ...main.map(to), more);
  }

  function start() {
    const row = (group) => el("li", {}, el("b", {}, title(group)), partLinks(group, null));
    return [
      el("h3", { tabindex: "-1" }, data.noun === "list" ? "Choose a list" : `Choose a task and a ${data.noun}, here or in the figure`),
      el("ul", { class: "starts" }, ...[data.pool, ...data.groups].filter(Boolean).map(row)),
    ];
  }

  function unknown() {
    const where = el("p", { class: "note" }, "The address of this page names something that is not in it.");
    return [where, ...start()];
  }

  function row(group, part, record) {
    const mark = record.traces ? el("span", { class: "tag" }, "with traces") : null;
    const words = el("span", {}, mark, record.question);
    const href = address(group.task, level(group), part, record.id);
    return line(href, value(record, part), record.why ? record.why[part] : data.absent, words);
  }

  function line(href, found, why, words) {
    const shown =
      found !== null
        ? [el("span", { class: "value" }, signed(found)), signedBar(found)]
        : [why ? el("span", { class: "why" }, why) : null];
    return el("li", {}, el("a", { href }, ...shown, words));
  }

  /** The families of a run of arms, by their mean of a part. */
  function families(part) {
    const mean = (i) => data.pool.families[i][data.parts.indexOf(part)];
    const order = data.groups.map((_, i) => i).sort((a, b) => (mean(b) ?? -Infinity) - (mean(a) ?? -Infinity) || a - b);
    const rows = order.map((i) => {
      const group = data.groups[i];
      return line(address(group.task, level(group), part), mean(i), data.absent, el("span", {}, `${title(group)} (${group.total} items)`));
    });
    return [
      el("nav", { "aria-label": "Back" }, link("← all tasks", "#/")),
      el("h3", { tabindex: "-1" }, `All families, by ${called(part)}`),
      partLinks(data.pool, part),
      data.about[part] ? el("p", { class: "quiet" }, `${capital(data.about[part])}; the mean over the family's items.`) : null,
      el("ol", { class: "items" }, ...rows),
    ].filter(Boolean);
  }

  function list(group, part) {
    const rows = ranked(group, part).map((record) => row(group, part, record));
    const some = group.total > group.records.length ? `the first ${group.records.length} of ${group.total} items` : "all items";
    return [
      el("nav", { "aria-label": "Back" }, link("← all tasks", "#/")),
      el("h3", { tabindex: "-1" }, `${title(group)}: ${some}, by ${called(part)}`),
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
    const gold = record.options ? record.options[record.gold] : record.answer;
    const facts = gold === null ? [] : [fact("right answer", gold)];
    for (const [name, text] of record.fields || []) facts.push(fact(name, text));
    const { conclusion = null, finish, legible } = record.thought || {};
    for (const [name, share] of Object.entries(record.facts || {})) facts.push(fact(FACTS[name], String(Math.round(share))));
    if (conclusion !== null) facts.push(fact("the reasoning concludes", conclusion));
    if (finish === "length") facts.push(fact("the reasoning was", "cut off"));
    for (const [name, share] of Object.entries(legible || {})) facts.push(fact(name, number(share)));
    const some = data.parts.filter((name) => value(record, name) !== null);
    const reasons = [...new Set(Object.values(record.why || {}))].filter(Boolean);
    const parts = record.arms ? [] : some.length
      ? some.map((name) => fact(name, signed(value(record, name))))
      : reasons.length ? [fact(`not in the ${data.noun}s:`, reasons.join(", "))] : [];
    return [el("ul", { class: "about" }, ...parts), el("ul", { class: "about" }, ...facts)];
  }

  function item(group, part, record) {
    const order = ranked(group, part);
    const at = order.indexOf(record);
    const to = (other, text) => other && link(text, address(group.task, level(group), part, other.id));
    return [
      el("nav", { "aria-label": "Items" }, link(`← ${title(group)}, by ${called(part)}`, address(group.task, level(group), part)),
        to(order[at - 1], "previous"), to(order[at + 1], "next")),
      el("h3", { tabindex: "-1" }, record.question),
      el("p", { class: "quiet" }, `${record.id}, ${at + 1} of ${order.length}`),
      ...about(record),
      record.error ? el("p", { class: "note" }, `${record.status}: ${record.error}`) : null,
      record.thought && record.thought.text
        ? el("details", {}, el("summary", {}, "The model's reasoning, as generated"), el("p", { class: "raw" }, record.thought.text))
        : null,
      record.game ? replay(el, record.game) : null,
      ...(record.arms ? arms(record, part) : cards(record)),
    ].filter(Boolean);
  }

  // ------------------------------------------------------------------------------------------------- arms and traces

  const FACTS = { load: "tokens of the question", parts: "parts", chain: "longest chain of parts" };
  const EDITS = {
    cut: "without the intermediates", corrupt: "an intermediate made wrong", reword: "intermediates in other words",
    replace: "another item's intermediates",
  };
  const METERS = data.meters || {};
  const whole = (count) => Math.round(count).toLocaleString("en");
  const verdict = (right) => el("span", { class: right ? "yes" : "no" }, right ? "✓ right" : "✗ wrong");
  const given = (answer) => el("span", { class: answer === null ? "absent" : "given" }, answer ?? "no answer");

  /** All arms of an item side by side, then each arm's attempts with their trees; those that `part` is about are open. */
  function arms(record, part) {
    const open = data.opens[part] || [];
    const details = new Map(Object.entries(record.arms).map(([name, arm]) => [name, armDetails(record, name, arm, open.includes(name))]));
    const head = ["arm", "first answer", "", "right", ...Object.keys(METERS), "calls"];
    const heads = head.map((name) => el("th", { scope: "col", title: METERS[name] || "" }, name));
    const table = el("table", { class: "arms" }, el("thead", {}, el("tr", {}, ...heads)),
      el("tbody", {}, ...[...details].map(([name, there]) => armRow(name, record.arms[name], there))));
    return [
      el("h4", {}, "All arms of this item"),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "All arms of this item" }, table),
      el("p", { class: "quiet" }, `Spend is of the first attempt: ${Object.entries(METERS).map((pair) => pair.join(" ")).join("; ")}.`),
      el("h4", {}, "Attempts and traces"),
      record.traces ? null : el("p", { class: "note" }, "The traces of this item are in the run folder, not in this page."),
      ...details.values(),
    ];
  }

  function armRow(name, arm, there) {
    const [answer, right, , ...spent] = arm.attempts[0] || [null, 0, 0];
    const go = el("button", { type: "button", title: data.arms[name] || "" }, data.called[name]);
    go.addEventListener("click", () => {
      there.open = true;
      there.scrollIntoView({ block: "start" });
      there.querySelector("summary").focus({ preventScroll: true });
    });
    const cells = arm.attempts.length
      ? [given(answer), verdict(right), `${arm.right} of ${arm.of}`, ...spent.map(whole)]
      : [`${arm.status || "ok"}: ${arm.error || "no attempt"}`];
    return el("tr", {}, el("th", { scope: "row" }, go), ...cells.map((cell) => el("td", cells.length > 1 ? {} : { colspan: "8" }, cell)));
  }

  /** One arm: its attempts, the runs that were cut at a smaller budget, and what edits did, each with its tree. */
  function armDetails(record, name, arm, open) {
    const trees = (record.traces && record.traces.trees[name]) || {};
    const box = (title, marks, tree) => el("section", { class: "card trace", "data-attempt": title }, el("h5", {}, title),
      el("p", {}, ...marks), tree && tree.length ? grow(record.traces, tree) : null);
    const attempt = (title, [answer, right, cut, ...spent], tree) => box(title,
      [given(answer), " ", verdict(right), cut ? el("span", { class: "sign" }, "cut by the budget") : null,
        ` ${Object.keys(METERS).map((meter, i) => `${meter} ${whole(spent[i])}`).join(", ")}`], tree);
    const edit = (kind, [answer, right, changed, followed, edited], tree) => box(`edit: ${kind}`, [
      el("span", { class: "what" }, `${EDITS[kind] || kind} (${edited}): `), given(answer), " ", verdict(right), " ",
      el("span", { class: "sign" }, changed ? "answer changed" : "same answer"),
      followed === null ? null : el("span", { class: "sign" }, followed ? "follows the edit" : "does not follow the edit"),
    ], tree);
    const boxes = [
      ...arm.attempts.map((one, i) => attempt(`attempt ${i + 1}`, one, (trees.attempts || [])[i])),
      ...Object.entries(arm.short || {}).map(([at, one]) => attempt(`cut at ${at}`, one, (trees.short || {})[at])),
      ...Object.entries(arm.edits || {}).map(([kind, one]) => edit(kind, one, (trees.edits || {})[kind])),
    ];
    const right = arm.status || `${arm.right} of ${arm.of} attempts right`;
    const says = [el("b", {}, data.called[name]), ` ${data.arms[name] || ""} `, el("span", { class: "quiet" }, right)];
    const made = el("details", { class: "arm", "data-arm": name }, el("summary", {}, ...says),
      arm.error ? el("p", { class: "note" }, `${arm.status}: ${arm.error}`) : null,
      arm.of > arm.attempts.length ? el("p", { class: "quiet" }, `The first ${arm.attempts.length} of ${arm.of} attempts.`) : null,
      el("div", { class: "traces" }, ...boxes));
    made.open = open;
    return made;
  }

  /** A tree of calls as nested lists: every node opens to what was asked and what came back. */
  function grow(traces, tree) {
    const below = tree.map(() => []);
    const roots = [];
    tree.forEach(([node, parent], place) => {
      (parent >= 0 && parent < place ? below[parent] : roots).push([traces.nodes[node], place]);
    });
    const items = (children) => children.map(([node, place]) => el("li", { "data-kind": node.kind }, leaf(traces, node),
      below[place].length ? el("ul", {}, ...items(below[place])) : null));
    return el("ul", { class: "tree" }, ...items(roots));
  }

  /** One node: shut, with the beginning of its result, unless something was done to it or went wrong. */
  function leaf(traces, node) {
    const result = node.text === undefined ? null : traces.texts[node.text];
    const sign = (words) => el("span", { class: "sign" }, words);
    const [fresh, cached, written] = node.spend || [];
    const spent = node.spend ? `${whole(fresh)} + ${whole(cached)} cached → ${whole(written)}` : null;
    const said = (name, text, inside) => (text === null ? null : el("div", {}, el("span", { class: "tag" }, name), el("p", { class: "said" }, inside || text)));
    const summary = el("summary", {}, el("span", { class: "kind" }, node.kind), ` ${node.title} `,
      node.cut ? sign("cut") : null, node.edited ? sign(`edited: ${node.edited}`) : null, node.error ? sign("error") : null,
      spent ? el("span", { class: "spent", title: "prompt tokens + cached ones → tokens written" }, spent) : null,
      result ? el("span", { class: "preview" }, result.slice(-120)) : null);
    const made = el("details", { class: node.edited ? "edited" : "" }, summary,
      said("asked", node.asked === undefined ? null : traces.texts[node.asked]),
      said("result", result, node.edited && result ? el("mark", {}, result) : null),
      node.error ? el("p", { class: "note" }, node.error) : null);
    made.open = Boolean(node.edited || node.error);
    return made;
  }

  // ------------------------------------------------------------------------------------------------- moving about

  /** Draw what the address names. `moved`: somebody went there, so bring it into view and give it the focus. */
  function show(moved) {
    const { parts, group, part, record } = route();
    const named = parts.filter(Boolean).length;
    if (!named) view.replaceChildren(...start());
    else if (named === 3 && part && group && group === data.pool) view.replaceChildren(...families(part));
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
