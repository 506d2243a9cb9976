// Opens pages in a real Chromium and prints as JSON what a reader, a screen reader's user and a printer would meet.
// NODE_PATH=…/node_modules CHROMIUM=/usr/bin/chromium node tests/chromium.cjs [--shots FOLDER] PAGE.html …
// With --shots it writes what the page looks like: light, dark, on a phone, and the print as PDF.
const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");
const { chromium } = require("playwright-core");

const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const arguments_ = process.argv.slice(2);
const shots = arguments_[0] === "--shots" ? arguments_.splice(0, 2)[1] : null;

async function watched(browser, file, options, look) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, ...options });
  const page = await context.newPage();
  const messages = [], requests = [];
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  const seen = await look(page);
  await context.close();
  return { messages, requests, ...seen };
}

async function checked(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { preload: false, resultTypes: ["violations", "incomplete"] }));
  return found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

async function shot(page, file, kind) {
  if (shots) await page.screenshot({ path: path.join(shots, `${path.basename(file, ".html")}.${kind}.png`), fullPage: true });
}

const sideways = () => [...document.querySelectorAll("header > .scroll, section > .scroll, .appendix > div > .scroll")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.getAttribute("aria-label"));
const width = () => document.documentElement.scrollWidth;
const anchors = () => [...document.querySelectorAll("a[href^='#']")]
  .map((link) => decodeURIComponent(link.hash.slice(1))).filter((id) => id && !document.getElementById(id));
const repeated = () => {
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  return ids.filter((id, at) => ids.indexOf(id) !== at);
};

async function visit(browser, file) {
  const opened = await watched(browser, file, {}, async (page) => {
    await shot(page, file, "light");
    const seen = { lost: await page.evaluate(anchors), repeated: await page.evaluate(repeated), text: await page.innerText("main") };
    seen.unreached = await page.evaluate(() => document.querySelectorAll("header > .scroll, section > .scroll").length);
    const focused = new Set();
    for (let count = 0; count < 400 && seen.unreached > focused.size; count++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const here = document.activeElement;
        return here.matches("header > .scroll, section > .scroll") ? [...document.querySelectorAll(".scroll")].indexOf(here) : -1;
      });
      if (at >= 0) focused.add(at);
    }
    seen.unreached -= focused.size;
    return seen;
  });
  const phone = await watched(browser, file, { viewport: { width: 375, height: 800 } }, async (page) => {
    await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
    const wide = await page.evaluate(width), scrolled = await page.evaluate(sideways);
    await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = false; }));
    await shot(page, file, "phone");
    return { width: Math.max(wide, await page.evaluate(width)), sideways: scrolled };
  });
  const print = await watched(browser, file, { colorScheme: "dark" }, async (page) => {
    const pdf = await page.pdf({ preferCSSPageSize: true });
    if (shots) fs.writeFileSync(path.join(shots, `${path.basename(file, ".html")}.pdf`), pdf);
    await page.emulateMedia({ media: "print" });
    return {
      pages: (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) || []).length,
      paper: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
      folded: await page.evaluate(() => [...document.querySelectorAll("details.appendix > div")].filter((each) => !each.checkVisibility() || !each.offsetHeight).length),
    };
  });
  const axes = {};
  for (const colorScheme of ["light", "dark"]) {
    const seen = await watched(browser, file, { colorScheme, bypassCSP: true }, async (page) => {
      if (colorScheme === "dark") await shot(page, file, "dark");
      await page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
      return { violations: await checked(page) };
    });
    axes[colorScheme] = seen.violations;
  }
  return { opened, phone, print, axe: axes };
}

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
  const found = {};
  for (const file of arguments_) found[path.basename(file)] = await visit(browser, file);
  await browser.close();
  process.stdout.write(JSON.stringify(found));
})().catch((error) => { process.stderr.write(`${error.stack}\n`); process.exit(1); });
