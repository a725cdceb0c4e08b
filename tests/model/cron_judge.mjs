// Holds our reading of AWS's cron against the npm package aws-cron-parser, over expressions made from a seed and a list
// of edges. Usage: node cron_judge.mjs CRON_RUNS
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const found = require("../node_modules/aws-cron-parser");
const parser = found.default ?? found;

let seed = 20261120;
const random = (n) => {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return Math.floor((seed / 2147483648) * n);
};
const pick = (...list) => list[random(list.length)];
const between = (low, high) => low + random(high - low + 1);
const two = (low, high) => {
  const a = between(low, high - 1);
  return [a, between(a + 1, high)];
};

const numbers = (low, high) => {
  const [a, b] = two(low, high);
  return pick(`${a}`, `${a},${b}`, `${a}-${b}`, `${a}/${between(1, Math.max(1, (high - low) >> 1))}`, "*");
};
const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const named = (names) => {
  const [a, b] = two(0, names.length - 1);
  return pick(names[a], `${names[a]}-${names[b]}`, `${names[a]},${names[b]}`);
};

function expression() {
  const minutes = pick("0", "0", "30", numbers(0, 59));
  const hours = pick("5", "*", numbers(0, 23));
  const month = pick("*", "*", numbers(1, 12), named(months));
  const year = pick("*", "*", "*", "2024-2030", "2026,2028");
  if (random(2)) {
    const day = pick("*", numbers(1, 31), `${between(1, 31)}`, "L", `${between(1, 28)}W`);
    return `cron(${minutes} ${hours} ${day} ${month} ? ${year})`;
  }
  const weekday = pick("*", numbers(1, 7), named(days), `${between(1, 7)}L`, `${between(1, 7)}#${between(1, 4)}`);
  return `cron(${minutes} ${hours} ? ${month} ${weekday} ${year})`;
}

const edges = [
  "cron(0 5 ? * * *)", "cron(0 * ? * * *)", "cron(0 5 ? * 1 *)", "cron(0 5 1 * ? *)", "cron(0 12 29 2 ? *)",
  "cron(59 23 31 12 ? *)", "cron(0 0 1 1 ? *)", "cron(0 5 31 * ? *)", "cron(0 5 30W * ? *)", "cron(0 5 1W * ? *)",
  "cron(0 5 L 2 ? *)", "cron(0 5 ? * 2#5 *)", "cron(0 5 ? * 1L *)", "cron(0 5 ? * 7L *)", "cron(0 10 * * ? *)",
  "cron(15 12 * * ? *)", "cron(0 18 ? * MON-FRI *)", "cron(0 8 1 * ? *)", "cron(0/15 * * * ? *)",
  "cron(0/10 * ? * MON-FRI *)", "cron(0/5 8-17 ? * MON-FRI *)", "cron(0/30 20-2 ? * MON-FRI *)",
];
const starts = ["2026-11-20T03:00:00Z", "2028-02-29T12:30:00Z", "2027-01-01T00:00:00Z", "2026-10-31T23:59:00Z"];

// The numbers a field of the calendar names; null where it is not plain.
function members(field, low, high, names = []) {
  const set = new Set();
  for (const item of field.split(",")) {
    const [, from, to, step] = item.match(/^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/) ?? [];
    const value = (word) => (names.includes(word) ? names.indexOf(word) + low : Number(word));
    if (from === undefined || /[LW]$/.test(item)) return null;
    const first = from === "*" ? low : value(from);
    const last = to ? value(to) : from === "*" || step ? high : first;
    for (let n = first; n <= last; n += Number(step ?? 1)) set.add(n);
  }
  return set;
}

// The package lets JavaScript's dates overflow: asked for the 31st, it answers the 1st of the month after a shorter one,
// and looking back across a limited set of months it answers the 1st behind one of them. Such an answer contradicts the
// expression itself, whoever reads it.
function contradicts(text, runs) {
  const [, , day, month] = text.slice(5, -1).split(" ");
  const allowedMonths = members(month, 1, 12, months);
  const allowedDays = day === "?" ? null : members(day, 1, 31);
  return runs.some((ms) => {
    const at = new Date(ms);
    return (allowedMonths && !allowedMonths.has(at.getUTCMonth() + 1)) || (allowedDays && !allowedDays.has(at.getUTCDate()));
  });
}

// Otherwise the two may differ only here.
const explained = [
  // The nearest workday to a 30th that February does not have: none for us, some day or an exception for the package.
  (e) => /(29|30|31)W/.test(e),
  // It gives up (an exception that says "should not happen", or no answer) looking back over a year's end.
  (e, told) => told.error !== undefined || told.previous.length === 0,
];

function theirs(text, from) {
  const inner = text.slice(5, -1);
  const cron = parser.parse(inner);
  const walk = (step) => {
    const runs = [];
    let at = new Date(from);
    for (let i = 0; i < 3; i++) {
      const run = parser[step](cron, at);
      if (!run) break;
      runs.push(run.getTime());
      at = run;
    }
    return runs;
  };
  return { previous: walk("prev") };
}

const cases = [];
for (const e of edges) for (const s of starts) cases.push([Date.parse(s), e]);
for (let i = 0; i < 1500; i++) cases.push([Date.parse(pick(...starts)) + between(0, 400) * 3600000, expression()]);

const ours = spawnSync(process.argv[2], { input: cases.map(([at, e]) => `${at} ${e}`).join("\n") + "\n", encoding: "utf8" })
  .stdout.trimEnd().split("\n");
if (ours.length !== cases.length) throw new Error(`${ours.length} answers to ${cases.length} questions`);

let wrong = 0, judged = 0, aside = 0;
cases.forEach(([at, e], i) => {
  let told;
  try {
    told = theirs(e, at);
  } catch (error) {
    told = { error: String(error) };
  }
  const before = ours[i].trim().split(" ").filter(Boolean).map(Number);
  const same = !told.error && ours[i] !== "refused" && JSON.stringify(told.previous) === JSON.stringify(before);
  if (!same && (explained.some((why) => why(e, told)) || contradicts(e, told.previous))) { aside++; return; }
  judged++;
  if (!same && wrong++ < 20) {
    const show = (list) => (list ?? []).map((ms) => new Date(ms).toISOString()).join(" ");
    console.error(`${e} from ${new Date(at).toISOString()}\n  ours   ${ours[i] === "refused" ? "refused" : show(before)}\n  theirs ${told.error ?? show(told.previous)}`);
  }
});
console.log(`${judged} schedules compared with aws-cron-parser, ${wrong} differ, ${aside} differ for a reason`);
process.exit(wrong === 0 && judged > 1400 && aside < 100 ? 0 : 1);
