import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import deFirst from "../../web/console/de.js";
import deLater from "../../web/console/de_later.js";
import enFirst from "../../web/console/en.js";
import enLater from "../../web/console/en_later.js";
import { fill, has, language, load, loadLater, t } from "../../web/console/i18n.js";

const de = { ...deFirst, ...deLater };
const en = { ...enFirst, ...enLater };
const CONSOLE = new URL("../../web/console/", import.meta.url).pathname;
const forms = (sentence) => (typeof sentence === "string" ? [sentence] : Object.values(sentence));
const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
const needed = (sentence) => [...new Set(forms(sentence).flatMap(placeholders))].sort();

test("both catalogues have the same keys", () => {
  assert.deepEqual(Object.keys(enFirst), Object.keys(deFirst));
  assert.deepEqual(Object.keys(enLater), Object.keys(deLater));
  assert.deepEqual(
    Object.keys(deFirst).filter((key) => key in deLater),
    [],
  );
});

test("both languages use the same placeholders and forms", () => {
  for (const key of Object.keys(de)) {
    assert.deepEqual(needed(en[key]), needed(de[key]), key);
    assert.equal(typeof en[key], typeof de[key], key);
  }
});

test("no sentence is empty or left in the other language", () => {
  const same = Object.keys(de).filter((key) => JSON.stringify(de[key]) === JSON.stringify(en[key]));
  const meant = [
    "kind_video",
    "came_sticker",
    "kind_sticker",
    "details",
    "person",
    "name",
    "code",
    "at_today",
    "at_day",
  ];
  assert.deepEqual(
    same.filter((key) => !meant.includes(key) && !/^\W*\{\w+\}\W*$/.test(String(de[key]))),
    [],
  );
  for (const key of Object.keys(de)) for (const text of forms(de[key])) assert.notEqual(text.trim(), "", key);
});

test("every sentence is used somewhere", () => {
  const source = files(CONSOLE)
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  const made = [...source.matchAll(/`(\w+_)\$\{/g)].map((match) => match[1]);
  const unused = Object.keys(de).filter(
    (key) => !source.includes(`"${key}"`) && !made.some((start) => key.startsWith(start)),
  );
  assert.deepEqual(unused, []);
});

test("what stands first needs no word that is fetched later", () => {
  const asked = [...reached("main.js")].flatMap((path) => {
    const source = readFileSync(join(CONSOLE, path), "utf8");
    return [...source.matchAll(/\bt\(\s*"(\w+)"/g)].map((match) => match[1]);
  });
  assert.ok(asked.length > 50);
  assert.deepEqual(
    asked.filter((key) => !(key in deFirst)),
    [],
  );
});

test("placeholders are filled, and number decides the form", async () => {
  await load("en");
  assert.equal(language(), "en");
  assert.equal(t("still", { n: 1, time: 1 }), "1 person left");
  assert.equal(t("say_left", { n: 5 }), "5 minutes left.");
  await load("de");
  assert.equal(t("lost_since", { at: "15:41" }).startsWith("Verbindung unterbrochen seit 15:41."), true);
  assert.equal(fill("{a} und {b}", { a: 1, b: 2 }, null), "1 und 2");
});

test("keys made from codes are known or not", async () => {
  await load("de");
  assert.equal(has("failure_131047"), false);
  await loadLater();
  assert.equal(has("failure_131047"), true);
  assert.equal(has("failure_1"), false);
});

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return path.endsWith(".js") && !/\/(de|en)(_later)?\.js$/.test(path) ? [path] : [];
  });
}

/** The modules of the console that are there when this one runs: it and what it imports. */
function reached(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  const source = readFileSync(join(CONSOLE, path), "utf8");
  for (const [, name] of source.matchAll(/^(?:import|export)[^"'();]*from "([^"]+)"/gm)) {
    const next = join(path, "..", name);
    if (!next.startsWith("..")) reached(next, found);
  }
  return found;
}
