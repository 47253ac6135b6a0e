/** Every pair of colours that stand on each other, light and dark, by WCAG's formula. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const SHEET = readFileSync(new URL("../../web/styles/tokens.css", import.meta.url), "utf8");
const [light, dark, chosenDark] = [...SHEET.matchAll(/:root[^{]*\{([^}]*)\}/g)].map(([, body]) => colours(body));

/** What must differ how much: foregrounds, grounds, least contrast. */
const PAIRS = [
  ["ink", "canvas surface raised sunken brand-soft bubble-in bubble-out bubble-auto", 7],
  ["ink", "note draft ok-soft warn-soft danger-soft", 7],
  ["muted", "canvas surface raised sunken brand-soft bubble-in bubble-out bubble-auto note draft", 4.5],
  ["brand", "canvas surface raised brand-soft bubble-in", 4.5],
  ["on-brand", "brand brand-strong", 4.5],
  ["ok", "surface canvas ok-soft bubble-out", 4.5],
  ["warn", "surface canvas warn-soft note bubble-out", 4.5],
  ["danger", "surface canvas danger-soft bubble-out brand-soft", 4.5],
  ["on-danger", "danger", 4.5],
  ["surface", "ink", 4.5],
  ["info", "bubble-out surface", 4.5],
  ["control", "surface canvas raised", 3],
  ["note-line", "note canvas surface", 3],
  ["draft-line", "draft canvas", 3],
  ["focus", "canvas surface raised brand-soft bubble-out note draft sunken", 3],
];

for (const [look, set] of Object.entries({ light, dark })) {
  test(`colours that stand on each other can be told apart: ${look}`, () => {
    const poor = PAIRS.flatMap(([on, grounds, least]) =>
      grounds
        .split(" ")
        .map((ground) => [on, ground, contrast(set[on], set[ground])])
        .filter(([, , found]) => found < least),
    );
    assert.deepEqual(poor, []);
  });
}

test("dark by choice is the dark of the system, and has every colour", () => {
  assert.deepEqual(chosenDark, dark);
  assert.deepEqual(Object.keys(dark), Object.keys(light));
});

function colours(body) {
  return Object.fromEntries(
    [...body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]),
  );
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
