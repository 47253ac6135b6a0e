/** The house itself: what is vendored is what was named, and every icon asked for is in the sprite. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const WEB = new URL("../../web/", import.meta.url).pathname;
const read = (path) => readFileSync(join(WEB, path), "utf8");
const { files } = JSON.parse(read("vendor/vendor.json"));

test("vendored files are the ones that vendor.json names, each with its licence", () => {
  for (const { file, sha256, package: name } of files) {
    assert.equal(
      createHash("sha256")
        .update(readFileSync(join(WEB, file)))
        .digest("hex"),
      sha256,
      file,
    );
    assert.ok(read(`vendor/LICENSE.${name.replace("@", "").replace("/", "-")}`).length > 500, name);
  }
  const modules = readdirSync(join(WEB, "vendor")).filter((name) => name.endsWith(".js"));
  assert.deepEqual(
    modules.map((name) => `vendor/${name}`).filter((path) => !files.some((one) => one.file === path)),
    [],
  );
});

test("modules import only what is here, by relative paths", () => {
  for (const path of sources("vendor").concat(sources("console"), sources("shared"))) {
    for (const [, name] of read(path).matchAll(/\b(?:from|import)\s*["']([^"']+)["']/g))
      assert.match(name, /^\.\.?\//, path);
  }
});

test("every icon is in the sprite, and every one in the sprite is used", () => {
  const sprite = new Set([...read("icons.svg").matchAll(/<symbol id="([^"]+)"/g)].map((match) => match[1]));
  const text = [...sources("console"), ...sources("shared"), ...sources("templates")].map(read).join("\n");
  const asked = [...text.matchAll(/\bicon\("([\w-]+)"\)/g)].map((match) => match[1]);
  assert.deepEqual(
    asked.filter((name) => !sprite.has(name)),
    [],
  );
  assert.deepEqual(
    [...sprite].filter((name) => !text.includes(`"${name}"`)),
    [],
  );
});

test("no markup bypasses the policy: no innerHTML, no style attribute in a template", () => {
  for (const path of sources("console").concat(sources("shared"))) {
    assert.doesNotMatch(
      read(path),
      /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|\bstyle="/,
      path,
    );
  }
});

function sources(folder) {
  return readdirSync(join(WEB, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(js|html)$/.test(path) ? [path] : [];
  });
}
