/** Reads a calendar from stdin with ical.js, a parser of another make, and says what it understood as JSON. */
import { readFileSync } from "node:fs";
import ICAL from "../../web/node_modules/ical.js/dist/ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const events = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    opens: event.startDate.toJSDate().toISOString(),
    closes: event.endDate.toJSDate().toISOString(),
    sequence: event.sequence,
    status: component.getFirstPropertyValue("status"),
    summary: event.summary,
    description: event.description,
  };
});
console.log(JSON.stringify(events));
