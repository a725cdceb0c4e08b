// HTML reports in headless Chromium: browser.mjs EXPECTATIONS.json, a list of {path, findings, failing, listed, kind}.
// Complains on standard error and exits 1 at the first thing that is not as it should be.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(new URL("../package.json", import.meta.url));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

async function open(browser, path, options) {
  const page = await browser.newPage({ offline: true, viewport: { width: 1280, height: 900 }, ...options });
  const troubles = [];
  page.on("console", (message) => troubles.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { troubles.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (request.url() !== pathToFileURL(path).href) { troubles.push(`request: ${request.url()}`); } });
  await page.addInitScript(() => { window.alert = () => { window.ran = true; }; });
  await page.goto(pathToFileURL(path).href);
  return { page, troubles };
}

const rows = (page) => page.locator("#findings-table tbody[data-status]");
const attributes = (page, name) => rows(page).evaluateAll((all, what) => all.map((row) => row.getAttribute(what)), name);

async function accessible(page, what, rules) {
  await page.evaluate(axe);
  const options = { resultTypes: ["violations"], ...(rules ? { runOnly: rules } : {}) };
  const violations = await page.evaluate(async (given) => (await window.axe.run(document, given)).violations
    .map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`), options);
  assert.deepEqual(violations, [], `axe, ${what}`);
}

/* A filter, a search and a sort show just what they should. */
async function controls(page, { listed, failing }) {
  const told = () => page.locator("#count").textContent();
  assert.equal(await rows(page).count(), Math.min(listed, 100));
  await page.selectOption("#status", "FAIL");
  assert.deepEqual(new Set(await attributes(page, "data-status")), new Set(failing ? ["FAIL"] : []));
  assert.match(await told(), new RegExp(`^${failing.toLocaleString("en")} of ${listed.toLocaleString("en")} findings`));
  const check = (await attributes(page, "data-check"))[0];
  await page.fill("#search", `${check} NO-SUCH-WORD`);
  await page.waitForFunction(() => document.getElementById("count").textContent.startsWith("0 of"));
  assert.equal(await rows(page).count(), 0);
  await page.fill("#search", check.toLowerCase());
  await page.waitForFunction(() => !document.getElementById("count").textContent.startsWith("0 of"));
  assert.equal(new Set(await attributes(page, "data-check")).size, 1);
  await page.click("#clear");
  await page.getByRole("button", { name: "Status", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("th[aria-sort]").getAttribute("aria-sort"), "descending");
  const order = ["FAIL", "ERROR", "MANUAL", "MUTED", "FIXED", "PASS", "NOT_APPLICABLE"];
  const ranks = (await attributes(page, "data-status")).map((status) => order.indexOf(status));
  assert.deepEqual(ranks, [...ranks].sort((a, b) => b - a), "sorted by status, downwards");
  const first = rows(page).first(), button = first.locator("button.open");
  assert.equal(await first.locator("dl").isVisible(), false);
  await button.focus();
  await page.keyboard.press("Space");
  assert.deepEqual([await button.getAttribute("aria-expanded"), await first.locator("dl").isVisible()], ["true", true]);
}

/* A count in the table of checks leads to the findings it counts; evidence leads to its call. */
async function links(page) {
  const link = page.locator("#checks a[data-want]").first();
  const count = Number((await link.textContent()).replaceAll(",", ""));
  await link.click();
  assert.match(await page.locator("#count").textContent(), new RegExp(`^${count.toLocaleString("en")} of`));
  for (const target of await page.locator("a[href^='#fact-']").evaluateAll((all) => all.map((a) => a.getAttribute("href")))) {
    assert.equal(await page.locator(target).count(), 1, target);
  }
}

async function paper(page, listed) {
  await page.click("#clear");
  await page.emulateMedia({ media: "print" });
  assert.equal(await rows(page).count(), listed, "all are on paper");
  const hidden = await rows(page).evaluateAll((all) => all.filter((row) => row.getAttribute("data-status") !== "PASS" &&
    row.getAttribute("data-status") !== "NOT_APPLICABLE" && row.querySelector("dl").getClientRects().length === 0).length);
  assert.equal(hidden, 0, "details of what is not well are on paper");
  await page.emulateMedia({ media: "screen" });
  assert.equal(await rows(page).count(), Math.min(listed, 100), "and the screen is as before");
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGS });
try {
  for (const one of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
    for (const colorScheme of ["light", "dark"]) {
      const { page, troubles } = await open(browser, one.path, { colorScheme });
      await accessible(page, `${one.kind}, ${colorScheme}`, colorScheme === "dark" ? ["color-contrast"] : undefined);
      if (colorScheme === "light" && one.failing > 0) {
        await controls(page, one);
        await page.click("#unfold");
        await accessible(page, `${one.kind}, unfolded`, ["color-contrast", "list", "definition-list"]);
        await links(page);
        await paper(page, one.listed);
      }
      assert.equal(await page.evaluate(() => window.ran), undefined, "nothing of AWS's text runs");
      assert.deepEqual(troubles, [], one.path);
      await page.close();
    }
    const narrow = await open(browser, one.path, { viewport: { width: 390, height: 800 } });
    await accessible(narrow.page, `${one.kind}, narrow`);
    assert.ok(await narrow.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${one.kind}: too wide for a telephone`);
    const broken = await narrow.page.$$eval("span.nb", (all) => all.filter((one) => one.getClientRects().length > 1).length);
    assert.equal(broken, 0, `${one.kind}: account IDs are not broken across lines`);
    const small = await narrow.page.$$eval(".charts svg", (all) => all.filter((one) => one.getBoundingClientRect().width < one.viewBox.baseVal.width).length);
    assert.equal(small, 0, `${one.kind}: charts keep their size and scroll`);
    await narrow.page.close();
    const plain = await open(browser, one.path, { javaScriptEnabled: false });
    assert.equal(await rows(plain.page).count(), one.listed, "without scripts all findings are there");
    await plain.page.close();
  }
} finally {
  await browser.close();
}
