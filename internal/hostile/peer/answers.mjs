// Writes what papaparse makes of small CSV texts, as JSON: one object a line with the text, the delimiter, the rows and
// whether papaparse has something against it. The texts are drawn by a generator of its own with a fixed seed, so that
// the same version of papaparse gives the same file:  npm ci && npm run answers
import Papa from "papaparse";

// mulberry32: 32 bits of state are plenty here.
let state = 20240102;
function random(n) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % n;
}
const one = (list) => list[random(list.length)];
const many = (n, f) => Array.from({ length: n }, f);

const delimiters = [",", ";", "\t", "|"];
const ends = ["\n", "\r\n", "\r"];

// A table as a program writes it: quotes where they are needed, and sometimes where they are not.
function written() {
  const [delimiter, end, width] = [one(delimiters), one(ends), 2 + random(4)];
  const words = ["a", "1.5", "S 1", "Şişli", "東京", "", "x\ny", 'say "x"', '"', ",", ";", "\t", "|", "'", "\\", "a, b; c"];
  const cell = (text) =>
    /[",;\t|\r\n]/.test(text) || random(4) === 0 ? `"${text.replaceAll('"', '""')}"` : text;
  const rows = many(1 + random(4), () => ["r", ...many(width - 1, () => one(words))]);
  const header = many(width, (_, i) => `c${i}`);
  const text = [header, ...rows].map((row) => row.map(cell).join(delimiter)).join(end) + one(["", end]);
  return { text, delimiter };
}

// One row of pieces that mean something to a reader, in any order.
function torn() {
  const delimiter = one([",", ";"]);
  const pieces = ["a", " ", '"', '""', '"a"', delimiter, "\n", "\r\n", "x", "ü"];
  return { text: `h${delimiter}i\nr${delimiter}${many(1 + random(8), () => one(pieces)).join("")}`, delimiter };
}

for (let i = 0; i < 800; i++) {
  const { text, delimiter } = i % 2 === 0 ? written() : torn();
  // Papaparse takes one kind of line end for all: the first that it sees outside of quotes, unless it is told.
  const newline = text.match(/^[^\r\n]*(\r\n|\n|\r)/)[1];
  const { data, errors } = Papa.parse(text, { delimiter, newline });
  console.log(JSON.stringify({ valid: i % 2 === 0, text, delimiter, newline, rows: data, errors: errors.map((e) => e.code) }));
}
