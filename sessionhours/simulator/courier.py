"""Brings updates to the webhook: batches, retries, duplicates, disorder, all by the policy of the moment."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from .agenda import Agenda
from .clock import Clock
from .faults import Faults
from .journal import Journal
from .webhooks import Update, add_noise, encode, envelope, signed
from .world import World

CHALLENGE = "1158201444"
REMEMBER = 20_000
USER_AGENT = "facebookexternalua"
SEALS = {"bad_signature": "bad", "no_signature": "missing", "upper_signature": "upper", "sha1_only": "sha1"}


@dataclass
class Policy:
    """How updates travel. Times in seconds, shares from 0 to 1.

    `batch` is the most items in one body, `gather` how long to wait for companions. `hold` keeps everything
    back until released. A body that was not answered with exactly 200 comes again after `retry_first`, then
    `retry_growth` times later each time up to `retry_ceiling`, until `retry_for` has passed; with `regroup`
    its items come in other bodies.
    """

    batch: int = 1
    gather: float = 0.0
    jitter: float = 0.0
    shuffle: bool = False
    duplicate: float = 0.0
    noise: bool = False
    hold: bool = False
    regroup: bool = False
    concurrency: int = 8
    timeout: float = 10.0
    retry_first: float = 1.0
    retry_growth: float = 2.0
    retry_ceiling: float = 6 * 3600.0
    retry_for: float = 7 * 24 * 3600.0
    sent_after: float = 0.02
    delivered_after: float = 0.1
    read_after: float = 0.3
    skip_delivered: float = 0.0
    disorder: float = 0.0
    status_first: bool = False


@dataclass
class Webhook:
    """Where updates go. `verified` once the handshake was answered rightly; `subscribed` for the account."""

    url: str | None
    secret: str
    verify_token: str
    subscribed: bool = True
    verified: bool = False


@dataclass
class Parcel:
    """One body on its way. A body made by hand has no updates and is tried only once."""

    body: bytes
    updates: list[Update] = field(default_factory=list)
    seal: str = "good"
    attempts: int = 0
    since: float = 0.0
    repeated: bool = False


class Courier:
    """Owns every update between the moment it happened and the receiver's 200."""

    def __init__(
        self,
        webhook: Webhook,
        world: World,
        clock: Clock,
        journal: Journal,
        faults: Faults,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.webhook = webhook
        self.policy = Policy()
        self._world = world
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._transport = transport
        self._agenda = Agenda(clock.elapsed)
        self._waiting: list[Update] = []
        self._ready: deque[Parcel] = deque()
        self._flights: set[asyncio.Task[None]] = set()
        self._delivered: deque[Parcel] = deque(maxlen=REMEMBER)
        self._handshaking = asyncio.Lock()
        self._client: httpx.AsyncClient | None = None

    def tell(self, update: Update) -> None:
        """Take one update on; it is dropped where nobody is subscribed, as the platform does."""
        if not self.webhook.url or not self.webhook.subscribed:
            self._journal.add("dropped", self._clock(), field=update.field, id=update.id)
            return
        update.since = self._clock.elapsed()
        delay = self._world.chance.uniform(0.0, self.policy.jitter)
        self._agenda.after(delay, lambda: self._take(update))

    def post(self, body: bytes, seal: str = "good") -> None:
        """Send bytes as they are, once, sealed as told: good, bad, missing, upper or sha1."""
        self._dispatch(Parcel(body, seal=seal))

    def redeliver(self, last: int | None = None, id: str | None = None, times: int = 1) -> int:
        """Send bodies again that were answered already: the last few, or all that hold an id."""
        parcels = [p for p in self._delivered if id is None or any(u.id == id for u in p.updates)]
        chosen = (parcels[-last:] if last else parcels) * times
        for parcel in chosen:
            self._dispatch(Parcel(parcel.body, parcel.updates, since=self._clock.elapsed(), repeated=True))
        return len(chosen)

    def release(self) -> None:
        """Let go what was held back."""
        self.policy.hold = False
        self._pack()

    def hurry(self) -> None:
        """Make everything due that waits for its time, retries too."""
        self._agenda.flush()

    def wake(self) -> None:
        """Look at the clock again."""
        self._agenda.wake()

    @property
    def pending(self) -> int:
        """How many things are on their way: neither answered, held back nor given up."""
        waiting = 0 if self.policy.hold else len(self._waiting)
        return len(self._agenda) + waiting + len(self._ready) + len(self._flights)

    @property
    def busy(self) -> bool:
        """Whether something is due or on the wire at this moment."""
        return self._agenda.due or bool(self._ready) or bool(self._flights)

    @property
    def held(self) -> int:
        """How many updates are kept back."""
        return len(self._waiting) if self.policy.hold else 0

    async def aclose(self) -> None:
        """Give up everything on its way."""
        self._agenda.clear()
        self._ready.clear()
        for flight in self._flights:
            flight.cancel()
        if self._client:
            await self._client.aclose()
            self._client = None

    async def handshake(self, url: str, verify_token: str) -> bool:
        """Ask the receiver to prove itself (contract §1.1): 200 and the challenge, nothing else."""
        query = {"hub.mode": "subscribe", "hub.challenge": CHALLENGE, "hub.verify_token": verify_token}
        try:
            answer = await self._http().get(url, params=query, timeout=self.policy.timeout)
        except httpx.HTTPError as error:
            self._journal.add("handshake", self._clock(), url=url, ok=False, error=type(error).__name__)
            return False
        ok = answer.status_code == 200 and answer.text == CHALLENGE
        self._journal.add("handshake", self._clock(), url=url, ok=ok, status=answer.status_code)
        return ok

    def _take(self, update: Update) -> None:
        self._waiting.append(update)
        if not self.policy.hold:
            self._agenda.after(self.policy.gather, self._pack)

    def _pack(self) -> None:
        if self.policy.hold or not self._waiting:
            return
        updates, self._waiting = self._waiting, []
        if self.policy.shuffle:
            self._world.chance.shuffle(updates)
        for group in self._groups(updates):
            tries, since = max(u.tries for u in group), min(u.since for u in group)
            self._dispatch(Parcel(self._write(group), group, attempts=tries, since=since))

    def _groups(self, updates: list[Update]) -> Iterator[list[Update]]:
        while updates:
            size = self._world.chance.randint(1, max(1, self.policy.batch))
            yield updates[:size]
            updates = updates[size:]

    def _write(self, updates: list[Update]) -> bytes:
        body = envelope(updates, self._world.waba, self._world.chance, self._clock())
        return encode(add_noise(body, self._world.chance) if self.policy.noise else body)

    def _dispatch(self, parcel: Parcel) -> None:
        self._ready.append(parcel)
        self._launch()

    def _launch(self) -> None:
        while self._ready and len(self._flights) < max(1, self.policy.concurrency):
            task = asyncio.get_running_loop().create_task(self._fly(self._ready.popleft()))
            self._flights.add(task)
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flights.discard(task)
        if not task.cancelled():
            self._launch()

    async def _fly(self, parcel: Parcel) -> None:
        parcel.attempts += 1
        if await self._verified() and await self._deliver(parcel):
            self._settle(parcel)
        elif parcel.updates:
            self._retry(parcel)

    async def _verified(self) -> bool:
        async with self._handshaking:
            if not self.webhook.verified and self.webhook.url:
                self.webhook.verified = await self.handshake(self.webhook.url, self.webhook.verify_token)
            return self.webhook.verified

    def _settle(self, parcel: Parcel) -> None:
        self._world.reached([update.id for update in parcel.updates])
        if not parcel.updates or parcel.repeated:
            return
        self._delivered.append(parcel)
        if self._world.chance.random() < self.policy.duplicate:
            again = Parcel(parcel.body, parcel.updates, since=self._clock.elapsed(), repeated=True)
            self._agenda.after(self._world.chance.uniform(0.0, 0.1), lambda: self._dispatch(again))

    def _retry(self, parcel: Parcel) -> None:
        growth = self.policy.retry_growth ** min(parcel.attempts - 1, 40)
        delay = min(self.policy.retry_first * growth, self.policy.retry_ceiling)
        if self._clock.elapsed() + delay > parcel.since + self.policy.retry_for:
            self._journal.add("abandoned", self._clock(), ids=[u.id for u in parcel.updates])
        elif self.policy.regroup and not parcel.repeated:
            self._agenda.after(delay, lambda: self._regroup(parcel))
        else:
            self._agenda.after(delay, lambda: self._dispatch(parcel))

    def _regroup(self, parcel: Parcel) -> None:
        for update in parcel.updates:
            update.tries = parcel.attempts
            self._take(update)

    async def _deliver(self, parcel: Parcel) -> bool:
        fault = self._faults.take("webhook")
        kind = fault.kind if fault else None
        seal = SEALS.get(kind or "", parcel.seal)
        entry = self._journal.add(
            "webhook",
            self._clock(),
            bytes=len(parcel.body),
            items=len(parcel.updates),
            ids=[u.id for u in parcel.updates],
            attempt=parcel.attempts,
            seal=seal,
            fault=kind,
            status=None,
        )
        headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
        headers |= signed(parcel.body, self.webhook.secret, seal)
        if kind == "cut" and fault:
            await self._cut(parcel.body, headers, fault.seconds)
            return False
        try:
            answer = await self._http().post(
                self.webhook.url or "", content=parcel.body, headers=headers, timeout=self.policy.timeout
            )
        except httpx.HTTPError as error:
            entry["error"] = type(error).__name__
            return False
        entry["status"] = answer.status_code
        return answer.status_code == 200 and kind != "deaf"

    async def _cut(self, body: bytes, headers: dict[str, str], seconds: float) -> None:
        """Write the whole request, wait `seconds`, and be gone without reading the answer."""
        parts = urlsplit(self.webhook.url or "")
        try:
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
        except OSError:
            return
        lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        await asyncio.sleep(seconds)
        writer.transport.abort()

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(transport=self._transport, trust_env=False)
        return self._client
