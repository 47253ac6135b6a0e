/** Small fakes that answer: a clock that is moved by hand, sockets that are heard and spoken to, a storage. */

export class Clock {
  time = 1_000_000;
  #timers = new Map();
  #next = 1;

  now = () => this.time;
  random = () => 1;
  set = (run, ms) => {
    this.#timers.set(this.#next, { run, at: this.time + ms });
    return this.#next++;
  };
  clear = (timer) => void this.#timers.delete(timer);

  /** Lets time pass; due timers run in their order. */
  pass(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.#timers]
        .filter(([, timer]) => timer.at <= end)
        .sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = due[1].at;
      due[1].run();
    }
    this.time = end;
  }
}

export class Socket {
  sent = [];
  closed = false;

  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  /** The server accepts. */
  accept() {
    this.onopen();
  }
  /** The server says something. */
  say(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
  /** The connection ends with a code. */
  end(code = 1006) {
    this.onclose({ code });
  }
}

export class Storage {
  #items = new Map();
  getItem = (key) => this.#items.get(key) ?? null;
  setItem = (key, value) => void this.#items.set(key, String(value));
  removeItem = (key) => void this.#items.delete(key);
}

/** Ids "1", "2", … */
export function counter() {
  let last = 0;
  return () => String(++last);
}
