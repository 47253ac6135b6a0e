import assert from "node:assert/strict";
import { test } from "node:test";
import * as time from "../../web/shared/time.js";

const DE = { zone: "Europe/Berlin", language: "de" };
const EN = { zone: "Europe/Berlin", language: "en" };
const THREE = "2026-12-03T14:00:00.000Z";

test("clock and day are the town's, whatever the browser's zone", () => {
  assert.equal(time.clock(THREE, DE), "15:00");
  assert.equal(time.clock("2027-04-01T13:00:00Z", DE), "15:00");
  assert.equal(time.day(THREE, DE), "Do., 3. Dezember");
  assert.match(time.day(THREE, EN), /^Thu,? 3 December$/);
  assert.equal(time.longDay(THREE, DE), "Donnerstag, 3. Dezember 2026");
  assert.equal(time.clock("2026-12-03T23:30:00Z", DE), "00:30");
  assert.equal(time.dateKey("2026-12-03T23:30:00Z", DE), "2026-12-04");
});

test("hours in both languages", () => {
  assert.equal(time.hours(THREE, "2026-12-03T15:00:00Z", DE), "15:00–16:00 Uhr");
  assert.equal(time.hours(THREE, "2026-12-03T15:00:00Z", EN), "15:00–16:00");
});

test("two times of two days say their days", () => {
  const [day, late] = ["2026-12-03T16:42:00Z", "2026-12-05T08:10:00Z"];
  assert.deepEqual(time.moments(day, "2026-12-03T17:00:00Z", DE), ["17:42", "18:00"]);
  assert.deepEqual(time.moments(day, late, DE), ["Do., 3. Dezember, 17:42", "Sa., 5. Dezember, 09:10"]);
  assert.deepEqual(
    time.moments("2026-12-03T22:59:00Z", "2026-12-03T23:01:00Z", DE),
    ["Do., 3. Dezember, 23:59", "Fr., 4. Dezember, 00:01"],
    "the town's midnight",
  );
});

test("no time is no text", () => {
  assert.equal(time.clock("", DE), "");
  assert.ok(Number.isNaN(time.millis(null)));
});

test("days are the calendar's, over both clock changes", () => {
  const noon = (date) => Date.parse(`${date}T11:00:00Z`);
  assert.equal(time.daysAway("2026-10-26T11:00:00Z", noon("2026-10-25"), DE), 1);
  assert.equal(time.daysAway("2027-03-28T21:00:00Z", noon("2027-03-27"), DE), 1);
  assert.equal(time.daysAway("2026-12-03T22:59:00Z", noon("2026-12-03"), DE), 0);
  assert.equal(time.daysAway("2026-12-03T23:01:00Z", noon("2026-12-03"), DE), 1);
  assert.equal(time.daysAway("2026-12-02T11:00:00Z", noon("2026-12-03"), DE), -1);
});

test("countdown", () => {
  const left = [1_421_000, 1_420_001, 3_909_000, 59_000, 1, 0, -5_000];
  assert.deepEqual(left.map(time.countdown), ["23:41", "23:41", "1:05:09", "0:59", "0:01", "0:00", "0:00"]);
});

test("minutes since", () => {
  assert.equal(time.minutesSince(THREE, Date.parse(THREE) + 119_000), 1);
  assert.equal(time.minutesSince(THREE, Date.parse(THREE) - 5_000), 0);
  assert.equal(time.length(14), "0:14");
});
