/**
 * Places what the browser needs from npm into the repository: modules (with relative imports), fonts and icons.
 *
 *     npm ci && node vendor.mjs
 *
 * Writes vendor/*.js, *.d.ts, LICENSE.*, fonts/*.woff2, icons.svg and vendor.json (version, licence, integrity of the
 * tarball, sha256 of what is shipped). Fails on an import it does not know. Running it twice changes nothing.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const WEB = dirname(fileURLToPath(import.meta.url));

/** Bare import -> [shipped module, npm package, file in it, type declaration]. */
const MODULES = {
  preact: ["preact.js", "preact", "dist/preact.mjs", 'export * from "preact";\n'],
  "preact/hooks": ["hooks.js", "preact", "hooks/dist/hooks.mjs", 'export * from "preact/hooks";\n'],
  "@preact/signals": [
    "signals.js",
    "@preact/signals",
    "dist/signals.mjs",
    'export * from "@preact/signals";\n',
  ],
  "@preact/signals-core": [
    "signals-core.js",
    "@preact/signals-core",
    "dist/signals-core.mjs",
    'export * from "@preact/signals-core";\n',
  ],
  htm: ["htm.js", "htm", "dist/htm.mjs", 'export { default } from "htm";\n'],
};

/** Shipped font -> file in the font package. */
const FONTS = {
  "sans-latin.woff2": "source-sans-3-latin-wght-normal.woff2",
  "sans-latin-ext.woff2": "source-sans-3-latin-ext-wght-normal.woff2",
};
const FONT_PACKAGE = "@fontsource-variable/source-sans-3";
const ICON_PACKAGE = "lucide-static";

/** Lucide's names of the icons that are used somewhere; the sprite holds only these. */
const ICONS = readFileSync(join(WEB, "icons.txt"), "utf8").split("\n").filter(Boolean);

const IMPORT = /(\bfrom\s*|\bimport\s*)(["'])([^"'./][^"']*)\2/g;
const lock = JSON.parse(readFileSync(join(WEB, "package-lock.json"), "utf8")).packages;
const shipped = [];

mkdirSync(join(WEB, "vendor"), { recursive: true });
mkdirSync(join(WEB, "fonts"), { recursive: true });
for (const [target, from, file, types] of Object.values(MODULES)) placeModule(target, from, file, types);
for (const [target, file] of Object.entries(FONTS)) placeFont(target, file);
placeIcons();
for (const name of new Set(shipped.map((one) => one.package))) placeLicence(name);
shipped.sort((a, b) => (a.file < b.file ? -1 : 1));
writeFileSync(join(WEB, "vendor", "vendor.json"), `${JSON.stringify({ files: shipped }, null, 2)}\n`);

function placeModule(target, from, file, types) {
  const source = readFileSync(packageFile(from, file), "utf8");
  const relative = source.replace(/\n?\/\/# sourceMappingURL=.*\n?/, "\n").replace(IMPORT, rewrite);
  writeFileSync(join(WEB, "vendor", target), relative);
  writeFileSync(join(WEB, "vendor", target.replace(".js", ".d.ts")), types);
  record(`vendor/${target}`, from);
}

function rewrite(_, before, quote, name) {
  const known = MODULES[name];
  if (!known) throw new Error(`unknown import ${name}: add it to MODULES`);
  return `${before}${quote}./${known[0]}${quote}`;
}

function placeFont(target, file) {
  copyFileSync(packageFile(FONT_PACKAGE, `files/${file}`), join(WEB, "fonts", target));
  record(`fonts/${target}`, FONT_PACKAGE);
}

function placeIcons() {
  const symbols = [...ICONS].sort().map(symbol).join("\n");
  const head =
    '<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">';
  writeFileSync(join(WEB, "icons.svg"), `${head}\n${symbols}\n</svg>\n`);
  record("icons.svg", ICON_PACKAGE);
}

function symbol(name) {
  const source = readFileSync(packageFile(ICON_PACKAGE, `icons/${name}.svg`), "utf8");
  const inside = source
    .slice(source.indexOf(">", source.indexOf("<svg")) + 1, source.indexOf("</svg>"))
    .replace(/\s+/g, " ");
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${inside.trim()}</symbol>`;
}

function placeLicence(name) {
  const target = `LICENSE.${name.replace("@", "").replace("/", "-")}`;
  copyFileSync(packageFile(name, "LICENSE"), join(WEB, "vendor", target));
}

function record(file, name) {
  const { version, license, integrity } = lock[`node_modules/${name}`];
  const sha256 = createHash("sha256")
    .update(readFileSync(join(WEB, file)))
    .digest("hex");
  shipped.push({ file, package: name, version, license, integrity, sha256 });
}

function packageFile(name, file) {
  return join(WEB, "node_modules", name, file);
}
