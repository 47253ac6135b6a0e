/** The console's HTTP calls: what does not come over the live connection. */

/** An answer that is not the wanted one: its HTTP status (0 without a network) and the server's code. */
export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} message */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @param {string} path @returns {Promise<any>} the JSON; raises `ApiError` */
export function get(path) {
  return call(path, { method: "GET" });
}

/** @param {string} path @param {object} body @returns {Promise<any>} */
export function post(path, body) {
  return call(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** @param {string} path @param {RequestInit} options */
async function call(path, options) {
  const response = await fetch(path, { ...options, credentials: "same-origin" }).catch(() => null);
  if (!response) throw new ApiError(0, "network", "");
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  throw new ApiError(response.status, body?.error?.code ?? "unknown", body?.error?.message ?? "");
}

/** @param {string} id of a file @returns {string} */
export function mediaUrl(id) {
  return `/api/media/${encodeURIComponent(id)}`;
}

/** @param {string} conversation @param {string | null} before id of a message @returns {Promise<any>} */
export function messages(conversation, before) {
  const older = before ? `&before=${encodeURIComponent(before)}` : "";
  return get(`/api/conversations/${encodeURIComponent(conversation)}/messages?limit=50${older}`);
}

/** What each outcome would say now. @param {"sessions" | "conversations"} of @param {string} id @returns {Promise<any>} */
export function closing(of, id) {
  return get(`/api/${of}/${encodeURIComponent(id)}/closing`);
}
