// Compares digest's pages with MJML 5's, and the times of both; bench/mjml starts it. Knows digest only by its commands.
const fs = require("fs");
const path = require("path");
const { spawnSync } = require("child_process");
const mjml = require("mjml");
const puppeteer = require("puppeteer-core");
const { PNG } = require("pngjs");

const [digest, templates, work, chromium] = process.argv.slice(2);
const root = path.join(work, "demo");
const SUNDAY = "2024-08-04-sunday";
const ISSUES = ["2024-07-31-midweek", SUNDAY];
const NOW = ["--now", "2024-08-04T05:00:00Z"];

function run(program, args, cwd = root) {
  const done = spawnSync(program, args, { cwd, encoding: "utf8", maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
}

/** The issue's HTML, by whatever templates lie in the publication. */
function render(issue) {
  run(digest, [...NOW, "render", issue, "--out", path.join(work, "out")]);
  return fs.readFileSync(path.join(work, "out/issue.html"), "utf8");
}

function write(name, text) {
  const file = path.join(root, "templates", name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

// Markup of the templates as private-use letters: to mrml it is plain text, which it passes on unread.
const VEIL = { "<": "\ue000", ">": "\ue001", "&": "\ue002" };
const UNVEIL = Object.fromEntries(Object.entries(VEIL).map(([plain, veiled]) => [veiled, plain]));
const veil = (text) =>
  text
    .split(/(\{\{!--[^]*?--\}\}|\{\{\{[^]*?\}\}\}|\{\{[^]*?\}\})/)
    .map((part, n) => (n % 2 ? part : part.replace(/[<>&]/g, (c) => VEIL[c])))
    .join("");

/** The MJML that Handlebars hands to mrml. Rendering it once more must give the same page, byte for byte. */
function mjmlOf(issue) {
  const wanted = render(issue);
  const files = ["issue", "partials"].flatMap((folder) =>
    fs.readdirSync(path.join(templates, folder)).map((name) => `${folder}/${name}`));
  for (const name of files.filter((name) => name.endsWith(".mjml.hbs"))) {
    const text = veil(fs.readFileSync(path.join(templates, name), "utf8"));
    const whole = `<mjml><mj-body><mj-raw>\ue003${text}\ue004</mj-raw></mj-body></mjml>`;
    write(name, name.startsWith("issue/") ? whole : text);
  }
  const veiled = render(issue);
  const source = veiled.slice(veiled.indexOf("\ue003") + 1, veiled.indexOf("\ue004")).trim();
  const found = source.replace(/[\ue000-\ue002]/g, (c) => UNVEIL[c]);
  fs.rmSync(path.join(root, "templates"), { recursive: true });
  write(`issue/${issue.slice(11)}.mjml.hbs`, found);
  if (render(issue) !== wanted) throw new Error(`${issue}: the MJML found is not the MJML rendered`);
  fs.rmSync(path.join(root, "templates"), { recursive: true });
  return { source: found, html: wanted };
}

async function picture(browser, html, width, scheme) {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 800 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setContent(html, { waitUntil: "load" });
  const png = PNG.sync.read(Buffer.from(await page.screenshot({ fullPage: true })));
  await page.close();
  return png;
}

/** Pixels that differ, a missing one included, and the largest distance of a channel (0 to 255). */
function compare(a, b) {
  const [width, height] = [Math.max(a.width, b.width), Math.max(a.height, b.height)];
  let [pixels, most] = [0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (p) => (x < p.width && y < p.height ? p.data.subarray((y * p.width + x) * 4, (y * p.width + x) * 4 + 4) : null);
      const [p, q] = [at(a), at(b)];
      const far = p && q ? Math.max(...[0, 1, 2, 3].map((c) => Math.abs(p[c] - q[c]))) : 255;
      pixels += far > 0;
      most = Math.max(most, far);
    }
  }
  return { pixels, most, of: width * height };
}

async function pictures() {
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  const browser = await puppeteer.launch({ executablePath: chromium, headless: true, args });
  console.log("issue               width scheme  height ours  MJML 5   pixels differ       of  most");
  for (const issue of ISSUES) {
    const { source, html } = mjmlOf(issue);
    const strict = await mjml(source, { validationLevel: "strict" });
    for (const [width, scheme] of [[600, "light"], [375, "light"], [600, "dark"], [375, "dark"]]) {
      const [ours, theirs] = [await picture(browser, html, width, scheme), await picture(browser, strict.html, width, scheme)];
      const { pixels, most, of } = compare(ours, theirs);
      const row = [issue.padEnd(19), String(width).padStart(5), scheme.padEnd(6), String(ours.height).padStart(12), String(theirs.height).padStart(7)];
      console.log(...row, String(pixels).padStart(15), String(of).padStart(8), String(most).padStart(5));
      if (process.env.KEEP) {
        const base = path.join(process.env.KEEP, `${issue}-${width}-${scheme}`);
        fs.writeFileSync(`${base}-ours.png`, PNG.sync.write(ours));
        fs.writeFileSync(`${base}-mjml5.png`, PNG.sync.write(theirs));
      }
    }
    console.log(`${issue}: MJML 5 strict complains ${strict.errors.length} times; HTML ${html.length} by us, ${strict.html.length} by MJML 5`);
  }
  await browser.close();
}

async function median(runs, job) {
  const times = [];
  for (let n = 0; n < runs; n += 1) {
    const start = process.hrtime.bigint();
    await job();
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return times.sort((a, b) => a - b)[runs >> 1];
}

async function times() {
  // A Sunday of 25 items, from the sample's own content; without the ledger it may be composed again.
  fs.rmSync(path.join(root, "data"), { recursive: true });
  fs.rmSync(path.join(root, "issues"), { recursive: true });
  const config = path.join(root, "config.toml");
  fs.writeFileSync(config, fs.readFileSync(config, "utf8").replace(/(\[editions\.sunday\][^[]*?\nnews = )\d+/, (_, head) => `${head}25`));
  run(digest, [...NOW, "compose", "sunday", "--date", "2024-08-04"]);
  const items = fs.readFileSync(path.join(root, "issues", SUNDAY, "issue.toml"), "utf8").match(/^\[\[news\]\]$/gm).length;
  const { source, html } = mjmlOf(SUNDAY);
  const file = path.join(work, "sunday.mjml");
  fs.writeFileSync(file, source);
  const cli = path.join(work, "node_modules/mjml/bin/mjml");
  console.log(`\na Sunday of ${items} items, HTML of ${Buffer.byteLength(html)} bytes`);
  const base = await median(41, () => run("/bin/true", []));
  const show = (what, ms) => console.log(`${what.padEnd(48)} ${ms.toFixed(1).padStart(8)} ms`);
  show("start an empty process", base);
  const ours = await median(41, () => run(digest, [...NOW, "check", SUNDAY]));
  show("digest check: load, render, check; a process", ours);
  show("digest render: load, render, write; a process", await median(41, () => render(SUNDAY)));
  const theirs = await median(11, () => run(process.execPath, [cli, file, "-o", path.join(work, "sunday.html")]));
  show("mjml FILE: compile alone; a process", theirs);
  for (let n = 0; n < 20; n += 1) await mjml(source);
  show("MJML 5, compile alone, in one process, warm", await median(41, () => mjml(source)));
  console.log(`mjml FILE against digest check: ${(theirs / ours).toFixed(1)} x`);
}

run(digest, ["demo", root], work);
pictures().then(times).catch((error) => {
  console.error(error);
  process.exit(1);
});
