"use strict";
// A game on a board, move by move. `game`: the board in letters (rows from the far one on: G and T, . for nothing; of
// chess as FEN), who is first, the moves (from and to, as a1b2 or e7e8q; of Go a point or pass; of rts the tick, the
// map and the resources of both), and where known `ends` (moves to the end under best play, more than 0 where the giver
// wins) and `said` (what stood before each move). Buttons, the list of moves, arrow keys, Home and End go through it.
// `el` makes elements; what the game says is untrusted and becomes text.

/** Games whose moves are from a square to a square. `view`: how a man looks and whose it is; `castles`: as in chess. */
function steppers(view, chess) {
  const play = (board, move, at) => {
    const [from, to] = move.match(/[a-z][0-9]+/g);
    const next = board.map((row) => [...row]);
    const [[r, c], [s, d]] = [at(from), at(to)];
    const man = next[r][c];
    let captured = next[s][d] !== ".";
    next[s][d] = man;
    next[r][c] = ".";
    if (chess && man.toLowerCase() === "p" && c !== d && !captured) {
      next[r][d] = "."; // in passing
      captured = true;
    }
    if (chess && man.toLowerCase() === "k" && Math.abs(d - c) === 2) {
      const [out, inside] = d > c ? [7, d - 1] : [0, d + 1]; // the rook comes along
      next[s][inside] = next[s][out];
      next[s][out] = ".";
    }
    const promoted = move.slice(from.length + to.length);
    if (promoted) next[s][d] = man < "a" ? promoted.toUpperCase() : promoted;
    return { board: next, marked: [from, to], name: [from, to].join(captured ? "x" : "-") };
  };
  return { view, play, letters: "abcdefghijklmnop" };
}

/** Go: a stone is placed and what it takes is taken off. Who is first is black. */
function stones(first) {
  const view = (man) => (man === "." ? ["", ""] : [(man === "G") === (first === "giver") ? "●" : "○", man === "G" ? "giver" : "taker"]);
  const around = (board, r, c) => [[r - 1, c], [r + 1, c], [r, c - 1], [r, c + 1]].filter(([a, b]) => board[a] && board[a][b]);
  const group = (board, r, c) => {
    const found = [[r, c]], seen = new Set([`${r},${c}`]);
    let free = false;
    for (const [a, b] of found) {
      for (const [s, d] of around(board, a, b)) {
        if (board[s][d] === ".") free = true;
        else if (board[s][d] === board[r][c] && !seen.has(`${s},${d}`)) { seen.add(`${s},${d}`); found.push([s, d]); }
      }
    }
    return free ? [] : found;
  };
  const play = (board, move, at, mover) => {
    const next = board.map((row) => [...row]);
    if (move === "pass") return { board: next, marked: [], name: "passes" };
    const [r, c] = at(move), own = mover === "giver" ? "G" : "T";
    next[r][c] = own;
    let taken = 0;
    for (const [a, b] of around(next, r, c)) {
      if (next[a][b] === own || next[a][b] === ".") continue;
      for (const [s, d] of group(next, a, b)) { next[s][d] = "."; taken += 1; }
    }
    return { board: next, marked: [move], name: taken ? `${move} takes ${taken}` : move };
  };
  return { view, play, letters: "abcdefghjklmnopqrst" };
}

/** Real time: what stood on the map at some ticks; nobody is to move. */
function maps() {
  const view = (man) => (man === "." ? ["", ""] : man === "*" ? ["✳", ""] : [man.toUpperCase(), man < "a" ? "giver" : "taker"]);
  const play = (board, move, at) => {
    const [tick, rows, giver, taker] = move.split(" ");
    const next = rows.split("/").map((row) => [...row]);
    return { board: next, marked: [], name: `tick ${tick}`, more: `; resources: giver ${giver}, taker ${taker}` };
  };
  return { view, play, letters: "abcdefghijklmnop", still: true };
}

function kind(game, rest) {
  const PIECES = { k: "♚", q: "♛", r: "♜", b: "♝", n: "♞", p: "♟" };
  const white = rest[rest.length - 2] === "white"; // capitals are white's
  if (game.game === "chess") return steppers((man) => (man === "." ? ["", ""] : [PIECES[man.toLowerCase()] || "?", (man < "a") === white ? "giver" : "taker"]), true);
  if (game.game === "go") return stones(game.first);
  if (game.game === "rts") return maps();
  return steppers((man) => ({ G: ["▲", "giver"], T: ["▼", "taker"], ".": ["", ""] }[man] || ["?", ""]), false);
}

function replay(el, game) {
  const [placed, ...rest] = game.board.split(" ");
  const { view, play, letters, still } = kind(game, rest);
  const boards = [placed.split("/").map((row) => [...row].flatMap((mark) => (mark > "0" && mark <= "9" ? Array(Number(mark)).fill(".") : [mark])))];
  const tall = boards[0].length;
  const at = (square) => [tall - Number(square.slice(1)), letters.indexOf(square[0])];
  const mover = (ply) => ((ply % 2 === 0) === (game.first === "giver") ? "giver" : "taker");
  const moves = game.moves.map((move, ply) => {
    const made = play(boards[ply], move, at, mover(ply));
    boards.push(made.board);
    return made;
  });
  const name = (ply) => (still ? moves[ply].name : `${mover(ply)} ${moves[ply].name}`);
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
    const marked = now ? moves[now - 1].marked : [];
    const rows = boards[now].map((row, i) => el("tr", {}, el("th", { scope: "row" }, String(tall - i)),
      ...row.map((man, c) => {
        const square = letters[c] + (tall - i);
        const [sign, whose] = view(man);
        return el("td", { class: [whose, marked.includes(square) ? "moved" : ""].join(" ").trim(), title: square }, sign);
      })));
    const columns = boards[0][0].map((_, c) => el("th", { scope: "col" }, letters[c]));
    table.replaceChildren(el("tbody", {}, ...rows, el("tr", {}, el("td", {}), ...columns)));
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
    const first = still ? `the beginning; ${moves.length} looks at the map follow` : `${mover(0)} to move; ${moves.length} moves follow`;
    status.textContent = now ? `${still ? "Look" : "Move"} ${now} of ${moves.length}: ${name(now - 1)}${moves[now - 1].more || ""}` : first;
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
