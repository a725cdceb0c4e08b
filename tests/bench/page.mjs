// How long an HTML report takes in headless Chromium: page.mjs REPORT.html [ROUNDS]
// Interactive: from the navigation's start until the script has drawn the first findings; the rest from an input to the
// next frame that shows its result. Medians of the rounds, in milliseconds; "cpu": of the page's main thread while loading,
// which other work of the machine does not change much.
import { createRequire } from "node:module";
import { statSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(new URL("../package.json", import.meta.url));
const { chromium } = require("playwright-core");
const [path, rounds = "5"] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu",
  "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });

const act = (page, what) => page.evaluate((action) => new Promise((done) => {
  const told = document.getElementById("count"), begin = performance.now();
  const frame = () => requestAnimationFrame(() => setTimeout(() => done(performance.now() - begin)));
  if (action === "filter") {
    const box = document.getElementById("status");
    box.value = "FAIL";
    box.dispatchEvent(new Event("change"));
    frame();
  } else if (action === "sort") {
    document.querySelectorAll("#findings-table th button")[5].click();
    frame();
  } else if (action === "more") {
    document.getElementById("more").click();
    frame();
  } else { // a search waits 120 ms for the next letter: that is part of it
    new MutationObserver((_, watch) => { watch.disconnect(); frame(); }).observe(told, { childList: true, characterData: true, subtree: true });
    const box = document.getElementById("search");
    box.value = action;
    box.dispatchEvent(new Event("input"));
  }
}), what);

const median = (all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)];
const figures = {};
const note = (name, value) => { (figures[name] ??= []).push(value); };
let findings = 0;
for (let round = 0; round < Number(rounds); round++) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.goto(pathToFileURL(path).href, { waitUntil: "load" });
  const { metrics } = await session.send("Performance.getMetrics");
  note("cpu", 1000 * metrics.find((metric) => metric.name === "TaskDuration").value);
  note("interactive", await page.evaluate(() => performance.getEntriesByType("navigation")[0].domInteractive));
  note("loaded", await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd));
  note("heap MB", await page.evaluate(() => performance.memory.usedJSHeapSize / 1e6));
  findings = await page.evaluate(() => document.getElementById("count").textContent);
  note("more", await act(page, "more"));
  note("first search", await act(page, "backup"));
  note("next search", await act(page, "no such word"));
  await page.click("#clear");
  note("filter", await act(page, "filter"));
  note("sort", await act(page, "sort"));
  await page.close();
}
await browser.close();
console.log(`${(statSync(path).size / 1e6).toFixed(1)} MB; ${findings}`);
for (const [name, values] of Object.entries(figures)) {
  console.log(`${name.padEnd(14)} ${median(values).toFixed(0)}`);
}
