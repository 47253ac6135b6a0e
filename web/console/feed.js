/**
 * The live connection: says hello with the last seq, hears events, beats and results, and comes back for ever. A beat
 * says: whatever you may see up to this seq has been sent to you (others' events leave gaps, so gaps say nothing).
 * Holds no DOM: the socket, the clock and the timers are handed in.
 *
 * @import { Snapshot, Event, Result } from "./protocol.js"
 * @typedef {"connecting" | "catching_up" | "live" | "lost" | "restarting" | "login" | "forbidden"} Connection
 * @typedef {{ connection: (state: Connection) => void, snapshot: (snapshot: Snapshot) => void,
 *   events: (events: Event[]) => void, caughtUp: () => void, result: (result: Result) => void,
 *   signal: (name: string, data: any) => void, beat: (at: string, seq: number) => void, version: (version: string) => void,
 *   seq: () => number | null }} Listener
 * @typedef {{ send: (text: string) => void, close: () => void, onopen: any, onmessage: any, onclose: any }} Socket
 * @typedef {{ now: () => number, random: () => number, set: (run: () => void, ms: number) => any,
 *   clear: (timer: any) => void }} Clock
 */

/** Silence after which the console says that it is offline, in milliseconds. */
export const SILENCE = 12_000;
/** First and longest pause before another try, in milliseconds; doubled each time, with jitter. */
export const FIRST_PAUSE = 500;
export const LONGEST_PAUSE = 8_000;

/** Close codes that end the trying: a person has to do something. */
const FINAL = /** @type {Record<number, Connection>} */ ({ 4001: "login", 4003: "forbidden" });
const RESTART = 1012;

export class Feed {
  /** @type {Socket | null} */
  #socket = null;
  #tries = 0;
  /** @type {any} */
  #retry = null;
  /** @type {any} */
  #silence = null;
  /** @type {Connection} */
  #state = "connecting";

  /** @param {{ open: () => Socket, clock: Clock, listener: Listener }} parts */
  constructor({ open, clock, listener }) {
    this.open = open;
    this.clock = clock;
    this.listener = listener;
  }

  get state() {
    return this.#state;
  }

  /** Connects, and stays connected until `stop()`. */
  start() {
    this.#cancelRetry();
    if (this.#socket) return;
    const socket = this.open();
    this.#socket = socket;
    socket.onopen = () => this.#hello(socket);
    socket.onmessage = (/** @type {{ data: string }} */ message) => this.#hear(socket, message.data);
    socket.onclose = (/** @type {{ code: number }} */ close) => this.#closed(socket, close.code);
    this.#watch();
  }

  stop() {
    this.#cancelRetry();
    this.clock.clear(this.#silence);
    this.#drop();
  }

  /** After sleep or when the network is back: try at once instead of waiting for the next pause to end. */
  wake() {
    if (this.#state === "live" || this.#state in { login: 1, forbidden: 1 }) return;
    this.#tries = 0;
    this.#drop();
    this.start();
  }

  /** The network is known to be gone: say so at once. */
  lose() {
    if (this.#state in { login: 1, forbidden: 1 }) return;
    this.#drop();
    this.#become("lost");
    this.#later();
  }

  /** @param {{ id: string, name: string, data: object }} command @returns {boolean} whether it could be handed over */
  command(command) {
    return this.#send({ type: "command", ...command });
  }

  /** @param {string} name @param {object} data */
  signal(name, data) {
    return this.#send({ type: "signal", name, data });
  }

  /** @param {object} frame */
  #send(frame) {
    if (this.#state !== "live" || !this.#socket) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** @param {Socket} socket */
  #hello(socket) {
    if (socket !== this.#socket) return;
    socket.send(JSON.stringify({ type: "hello", since: this.listener.seq() }));
  }

  /** @param {Socket} socket @param {string} text */
  #hear(socket, text) {
    if (socket !== this.#socket) return;
    this.#watch();
    this.#take(JSON.parse(text));
  }

  /** @param {any} frame */
  #take(frame) {
    switch (frame.type) {
      case "welcome":
        return this.#welcome(frame);
      case "event":
        return this.listener.events([frame]);
      case "events":
        return this.listener.events(frame.events);
      case "live":
        return this.#live();
      case "result":
        return this.listener.result(frame);
      case "signal":
        return this.listener.signal(frame.name, frame.data);
      case "beat":
        return this.listener.beat(frame.at, frame.seq);
    }
  }

  /** @param {{ seq: number, version: string, snapshot: Snapshot | null }} frame */
  #welcome(frame) {
    this.#become("catching_up");
    this.listener.version(frame.version);
    if (frame.snapshot) this.listener.snapshot(frame.snapshot);
  }

  #live() {
    this.#tries = 0;
    this.#become("live");
    this.listener.caughtUp();
  }

  /** @param {Socket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.clock.clear(this.#silence);
    const final = FINAL[code];
    if (final) return this.#become(final);
    this.#become(code === RESTART ? "restarting" : this.#state === "restarting" ? "restarting" : "lost");
    this.#later();
  }

  #watch() {
    this.clock.clear(this.#silence);
    this.#silence = this.clock.set(() => this.lose(), SILENCE);
  }

  #later() {
    if (this.#retry !== null) return;
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#tries);
    this.#tries += 1;
    this.#retry = this.clock.set(() => this.start(), pause * (0.5 + this.clock.random() / 2));
  }

  #cancelRetry() {
    this.clock.clear(this.#retry);
    this.#retry = null;
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.clock.clear(this.#silence);
    socket?.close();
  }

  /** @param {Connection} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.listener.connection(state);
  }
}
