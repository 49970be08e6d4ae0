"""One request to one bucket: signed, sent, and its refusal raised as one of holdall's errors."""

import calendar
import random
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from holdall.errors import NoBucket, Unavailable
from holdall.store.s3.failures import failure, field
from holdall.store.s3.signature import Credentials, escape_path, escape_query, presigned, sign
from holdall.store.s3.wire import NoReply, Reply, TimedOut, Wire
from holdall.store.silence import Silence

T = TypeVar("T")

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE_ERROR_S: Final = 2.0
_BUCKET_SEEN_S: Final = 60.0
_PAUSES_S: Final = (0.3, 2.0)


class Client:
    """Path addressing: the bucket is in the path, so any name and any certificate will do."""

    def __init__(
        self,
        bucket: str,
        endpoint_url: str,
        region: str,
        credentials: Callable[[], Credentials],
        silence: Silence,
    ) -> None:
        self._wire = Wire(endpoint_url, silence)
        self._silence = silence
        self._bucket = bucket
        self._region = region
        self._credentials = credentials
        self._bucket_seen_at = -_BUCKET_SEEN_S
        self._date: tuple[str, float] | None = None
        self.url = f"{self._wire.url}/{bucket}"

    def now(self) -> float:
        """Ours, while the last Date agrees to two seconds: it has whole seconds, and took its time to come."""
        ours, seen = time.time(), self._date
        if seen is None:
            return ours
        ahead = http_date(seen[0]) - seen[1]
        return ours if abs(ahead) <= _DATE_ERROR_S else ours + ahead

    def source(self, key: str) -> str:
        """The key as CopyObject and UploadPartCopy name it."""
        return escape_path(f"/{self._bucket}/{key}")

    def request(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        also: tuple[int, ...] = (),
        name: str | None = None,
        sink: Callable[[bytes], None] | None = None,
    ) -> Reply:
        """A reply of 2xx without an error in it, or with one of the statuses in `also`; anything else is raised.

        key    inside the bucket; "" is the bucket itself
        name   of the key in errors
        sink   takes the body of a range, piece by piece; what it raises is raised
        """
        path = (
            escape_path(f"{self._wire.path}/{self._bucket}/{key}")
            if key
            else f"{self._wire.path}/{self._bucket}"
        )
        text = escape_query(query or {})
        target = f"{path}?{text}" if text else path
        corrected = False
        while True:
            signed = sign(
                method, self._wire.host, path, text, headers or {}, body,
                region=self._region, credentials=self._credentials(), at=self.now(),
            )  # fmt: skip
            try:
                reply = self._wire.exchange(method, target, signed, body, sink)
            except TimedOut as exc:
                raise self._silence.unanswered(f"{self.url}: {exc}", path=name, hint=exc.hint) from exc
            except NoReply as exc:
                raise Unavailable(f"{self.url}: {exc}", path=name, hint=exc.hint) from exc
            if "date" in reply.headers:
                self._date = reply.headers["date"], time.time()
            # Copies and completions begin to answer before they are done: an error may stand in a 200.
            if reply.status in also or (200 <= reply.status < 300 and not _is_error(reply, method)):
                if reply.status < 300:
                    self._bucket_seen_at = time.monotonic()
                return reply
            if not corrected and field(reply.body, "Code") == "RequestTimeTooSkewed":
                corrected = True  # that answer's Date has just put our clock right
                continue
            raise failure(reply, method=method, url=self.url, key=name)

    def link(self, method: str, key: str, lasts_s: int) -> str:
        """A URL that carries its own signature. Whoever has it needs no credentials; those that sign it must last as long."""
        path = escape_path(f"{self._wire.path}/{self._bucket}/{key}")
        query = presigned(
            method, self._wire.host, path,
            region=self._region, credentials=self._credentials(), at=self.now(), lasts_s=lasts_s,
        )  # fmt: skip
        return f"{self._wire.origin}{path}?{query}"

    def step(self, ask: Callable[[], T]) -> T:
        """A request inside a longer operation, asked up to three times: nobody above could repeat it without starting over."""
        for pause_s in _PAUSES_S:
            try:
                return ask()
            except Unavailable as exc:
                if exc.permanent:
                    raise
                time.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311  (so that threads do not come back together)
        return ask()

    def check_bucket(self) -> None:
        """Raises NoBucket unless the bucket is there, or was a minute ago."""
        if time.monotonic() - self._bucket_seen_at < _BUCKET_SEEN_S:
            return
        # Not a HEAD: its refusal has no body to tell a wrong clock from a wrong key.
        if self.request("GET", "", query={"list-type": "2", "max-keys": "1"}, also=(404,)).status == 404:
            raise NoBucket(f"no bucket at {self.url}", hint="create it, or correct its name and endpoint")

    def close(self) -> None:
        self._wire.close()


def http_date(text: str) -> float:
    """`Sun, 22 Nov 2026 14:45:48 GMT` in unix seconds. Locale-free, as strptime is not."""
    _, day, month, year, clock, _ = text.split()
    hour, minute, second = clock.split(":")
    at = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))
    return float(calendar.timegm(at))


def _is_error(reply: Reply, method: str) -> bool:
    # Anywhere: blanks that keep the connection alive come before it, for as long as the work takes.
    return method in {"PUT", "POST"} and b"<Error" in reply.body
