/** Sample objects of the wire with good defaults. */

let made = 0;

export function conversation(changes = {}) {
  made += 1;
  return {
    id: `c${made}`,
    line: "buergermeister",
    lane: "waiting",
    session: null,
    contact: { id: `k${made}`, name: "Anna Weber", phone: "+491713920001" },
    waiting_since: "2026-12-03T14:05:00.000Z",
    window_closes_at: "2026-12-04T14:00:00.000Z",
    assignee: null,
    last_message: null,
    unread: 0,
    outcome: null,
    outcome_detail: "",
    carried: false,
    ...changes,
  };
}

export function message(changes = {}) {
  made += 1;
  return {
    id: `m${made}`,
    conversation: "c1",
    seq: made,
    direction: "inbound",
    author: { kind: "contact", id: "k1", name: "Anna Weber" },
    kind: "text",
    text: "Guten Tag",
    media: null,
    detail: null,
    reactions: [],
    sent_at: "2026-12-03T14:05:00.000Z",
    received_at: "2026-12-03T14:05:01.000Z",
    late: false,
    client_id: null,
    status: null,
    error: null,
    reply_to: null,
    decision: null,
    ...changes,
  };
}

export function session(changes = {}) {
  made += 1;
  return {
    id: `s${made}`,
    line: "buergermeister",
    number: 1,
    title: "WhatsApp-Bürgersprechstunde",
    topic: "",
    kind: "whatsapp",
    state: "announced",
    opens: "2026-12-03T14:00:00.000Z",
    closes: "2026-12-03T15:00:00.000Z",
    last_call_at: null,
    last_called_at: null,
    reason: "",
    replaced_by: null,
    late_until: null,
    deputy: "",
    pace: null,
    counts: {},
    ...changes,
  };
}

export function snapshot(changes = {}) {
  return {
    seq: 10,
    now: "2026-12-03T14:10:00.000Z",
    session: null,
    next_session: null,
    sessions: [],
    conversations: [],
    agents: [],
    lines: [],
    notices: [],
    ...changes,
  };
}

export function event(seq, name, data) {
  return { seq, name, at: "2026-12-03T14:10:00.000Z", data };
}
