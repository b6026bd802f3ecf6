"use strict";
// A game on a board, move by move. `game`: the board in letters (rows from the far one on: G and T, . for nothing; of
// chess as FEN), who is first, the moves as from and to (a1b2, e7e8q), and where known `ends` (moves to the end under
// best play, more than 0 where the giver wins) and `said` (what stood before each move). Buttons, the list of moves,
// arrow keys, Home and End go through it. `el` makes elements; what the game says is untrusted and becomes text.
function replay(el, game) {
  const [placed, ...rest] = game.board.split(" ");
  const white = game.game === "chess" ? (rest[rest.length - 2] === "white") : null;
  const PIECES = { k: "♚", q: "♛", r: "♜", b: "♝", n: "♞", p: "♟" };

  /** How a man looks, and whose it is; of chess the board has its letters, capitals for white. */
  function sign(man) {
    if (man === ".") return ["", ""];
    if (white === null) return { G: ["▲", "giver"], T: ["▼", "taker"] }[man] || ["?", ""];
    return [PIECES[man.toLowerCase()] || "?", (man < "a") === white ? "giver" : "taker"];
  }

  const boards = [placed.split("/").map((row) => [...row].flatMap((mark) => (mark > "0" && mark <= "9" ? Array(Number(mark)).fill(".") : [mark])))];
  const tall = boards[0].length;
  const at = (square) => [tall - Number(square.slice(1)), square.charCodeAt(0) - 97];
  const squares = game.moves.map((move) => move.match(/[a-z][0-9]+/g));
  const took = squares.map(([from, to], ply) => {
    const next = boards[ply].map((row) => [...row]);
    const [[r, c], [s, d]] = [at(from), at(to)];
    const man = next[r][c];
    let captured = next[s][d] !== ".";
    next[s][d] = man;
    next[r][c] = ".";
    if (white !== null && man.toLowerCase() === "p" && c !== d && !captured) {
      next[r][d] = "."; // in passing
      captured = true;
    }
    if (white !== null && man.toLowerCase() === "k" && Math.abs(d - c) === 2) {
      const [out, inside] = d > c ? [7, d - 1] : [0, d + 1]; // the rook comes along
      next[s][inside] = next[s][out];
      next[s][out] = ".";
    }
    const promoted = game.moves[ply].slice(from.length + to.length);
    if (promoted) next[s][d] = man < "a" ? promoted.toUpperCase() : promoted;
    boards.push(next);
    return captured;
  });
  const mover = (ply) => ((ply % 2 === 0) === (game.first === "giver") ? "giver" : "taker");
  const name = (ply) => `${mover(ply)} ${squares[ply].join(took[ply] ? "x" : "-")}`;
  let now = 0;

  const table = el("table", { class: "board" });
  const status = el("p", { role: "status" });
  const known = el("p", { class: "quiet" });
  const said = el("div", {});
  const list = el("ol", { class: "moves" }, ...game.moves.map((_, ply) => {
    const go = el("button", { type: "button" }, name(ply));
    go.addEventListener("click", () => show(ply + 1));
    return el("li", {}, go);
  }));
  const steps = [["|←", "first position", () => 0], ["←", "one move back", () => now - 1],
    ["→", "one move on", () => now + 1], ["→|", "last position", () => boards.length - 1]];
  const buttons = steps.map(([text, label, to]) => {
    const go = el("button", { type: "button", "aria-label": label }, text);
    go.addEventListener("click", () => show(to()));
    return go;
  });

  function draw() {
    const marked = now ? squares[now - 1] : [];
    const rows = boards[now].map((row, i) => el("tr", {}, el("th", { scope: "row" }, String(tall - i)),
      ...row.map((man, c) => {
        const square = String.fromCharCode(97 + c) + (tall - i);
        return el("td", { class: [sign(man)[1], marked.includes(square) ? "moved" : ""].join(" ").trim(), title: square },
          sign(man)[0]);
      })));
    const letters = boards[0][0].map((_, c) => el("th", { scope: "col" }, String.fromCharCode(97 + c)));
    table.replaceChildren(el("tbody", {}, ...rows, el("tr", {}, el("td", {}), ...letters)));
    table.setAttribute("aria-label", `the board after ${now} moves: ${boards[now].map((row) => row.join("")).join(" / ")}`);
  }

  /** What a language model had before it when it chose a move, or failed to choose a legal one. */
  function told(ply, title) {
    const words = (game.said || [])[ply];
    if (!words || !Object.keys(words).length) return [];
    const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));
    const facts = Object.entries(words).filter(([key]) => key !== "text")
      .map(([key, value]) => el("li", {}, el("span", {}, `${key} `), plain(value)));
    return [el("h4", {}, title), words.text ? el("p", { class: "raw" }, words.text) : el("p", { class: "nothing" }, "nothing"),
      el("ul", { class: "about" }, ...facts)];
  }

  function before() {
    const last = now === boards.length - 1 ? told(now, "What it said instead of a legal move") : [];
    return [...(now ? told(now - 1, "What stood before this move") : []), ...last];
  }

  function show(ply) {
    now = Math.min(boards.length - 1, Math.max(0, ply));
    draw();
    status.textContent = now ? `Move ${now} of ${game.moves.length}: ${name(now - 1)}` : `${mover(0)} to move; ${game.moves.length} moves follow`;
    const end = (game.ends || [])[now];
    known.textContent = end === undefined ? "" : end === 0 ? "" : `Under best play the ${end > 0 ? "giver" : "taker"} wins in ${Math.abs(end)} moves.`;
    said.replaceChildren(...before());
    [...list.children].forEach((item, i) => item.firstChild.toggleAttribute("aria-current", i + 1 === now));
    buttons.forEach((button, i) => { button.disabled = i < 2 ? !now : now === boards.length - 1; });
  }

  const keys = { ArrowLeft: () => now - 1, ArrowRight: () => now + 1, Home: () => 0, End: () => boards.length - 1 };
  const made = el("div", { class: "replay", tabindex: "0", role: "group", "aria-label": "The game; arrow keys go through it" },
    el("div", {}, table, el("p", { class: "steps" }, ...buttons), status, known), el("div", {}, el("div", { class: "game" }, list), said));
  made.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(keys[event.key]());
    made.focus({ preventScroll: true });
  });
  show(0);
  return made;
}
