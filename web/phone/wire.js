/**
 * What the page asks of the simulation.
 *
 * @typedef {{ type: string, direction: "in" | "out", text: string, at: number, status: string }} Last
 * @typedef {object} Person
 * @property {string} id
 * @property {string} name
 * @property {string} phone
 * @property {string | null} username
 * @property {boolean} phone_visible
 * @property {boolean} online
 * @property {boolean} reads
 * @property {boolean} read_receipts
 * @property {boolean} blocks_business
 * @property {boolean} blocked
 * @property {Last | null} last
 *
 * @typedef {object} Message
 * @property {string} id
 * @property {"in" | "out"} direction
 * @property {string} type
 * @property {Record<string, any>} content
 * @property {number} at
 * @property {string} status
 * @property {string | null} quotes
 * @property {string[]} reactions
 *
 * @typedef {{ running: boolean, written: number, planned: number, citizens: number, tempo: number }} Andrang
 * @typedef {{ id: string, name: string, display: string }} Line
 * @typedef {object} State
 * @property {string} version
 * @property {Line[]} numbers
 * @property {Person[]} people
 * @property {Message[]} chat
 * @property {boolean} typing
 * @property {Andrang} andrang
 */

/** @param {string | null} person @param {string} version @returns {Promise<State | null>} null: nothing new */
export async function state(person, version) {
  const query = new URLSearchParams({ person: person ?? "", version });
  const body = await call("GET", `/phone/state?${query}`);
  return "people" in body ? /** @type {State} */ (/** @type {unknown} */ (body)) : null;
}

/** @param {string} person @param {Record<string, unknown>} wish */
export function write(person, wish) {
  return call("POST", `/sim/people/${encodeURIComponent(person)}/messages`, wish);
}

/** @param {string} person @param {Record<string, unknown>} wish */
export function ring(person, wish) {
  return call("POST", `/sim/people/${encodeURIComponent(person)}/calls`, wish);
}

/** @param {string} person @param {Record<string, unknown>} wish */
export function change(person, wish) {
  return call("PATCH", `/sim/people/${encodeURIComponent(person)}`, wish);
}

/** @param {number | null} tempo null stops it */
export function andrang(tempo) {
  return tempo === null ? call("DELETE", "/sim/andrang") : call("POST", "/sim/andrang", { tempo });
}

/** @param {File} file @returns {Promise<string>} its bytes in base64 */
export async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let n = 0; n < bytes.length; n += 0x8000)
    text += String.fromCharCode(...bytes.subarray(n, n + 0x8000));
  return btoa(text);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Record<string, unknown>} [wish]
 * @returns {Promise<Record<string, unknown>>}
 */
async function call(method, path, wish) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(path, wish ? { method, headers, body: JSON.stringify(wish) } : { method });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error ?? String(answer.status));
  return body;
}
