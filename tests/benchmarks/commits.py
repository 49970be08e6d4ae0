"""When a commit is in the store, seen from outside: the log's next object, asked for until it is there."""

import http.client
import time
from urllib.parse import urlsplit

from tests.benchmarks.ground import Ground

from holdall.log import codec, layout
from holdall.model import Entry

_PAUSE_S = 0.0005
_PATIENCE_S = 60.0
_EASY_S = 0.02
_QUIET_S = 15.0
_VALID_S = 3600


class Commits:
    """One connection and addresses signed beforehand: a look takes less than a millisecond, and half of one lies between."""

    def __init__(self, ground: Ground, context: str):
        self._site = ground.site
        self._context = context
        self._client = ground.server.client()
        self._prefix = f"contexts/{layout.prefix_of(context)}"
        self._connection = http.client.HTTPConnection(urlsplit(ground.server.url).netloc)
        self._seq = max(map(int, ground.site.keys(context, layout.LOG)), default=0)
        self._url = self._signed()
        self.looks_s: list[float] = []

    def until_named(self, path: str) -> float:
        """When the commit that says something of `path` was seen, by time.perf_counter()."""
        by = seen = time.perf_counter() + _PATIENCE_S
        while seen <= by:
            began = time.perf_counter()
            data = self._look()
            seen = time.perf_counter()
            if data is None:
                time.sleep(_PAUSE_S)
                self.looks_s.append(time.perf_counter() - began)
                continue
            self._next()
            commit = codec.decode_commit(data, self._seq)
            if isinstance(commit, codec.Commit) and any(change.path == path for change in commit.changes):
                return seen
        raise TimeoutError(f"no commit names {path} within {_PATIENCE_S:.0f} s")

    def until_laid_out(self, files: int) -> float:
        """When the commit was seen that names the last of them as a plain object, by time.perf_counter(). A listing proves it.

        Returns when no commit has come for a while. Nothing is decoded before that, and the looks are few: both take time from
        what is measured.
        """
        arrived: list[tuple[float, bytes]] = []
        latest = time.perf_counter()
        while (seen := time.perf_counter()) < latest + _QUIET_S:
            data = self._look()
            if data is None:
                time.sleep(_EASY_S)
                continue
            latest = seen
            arrived.append((seen, data))
            self._next()
        found = len(self._site.keys(self._context))
        assert found == files, f"{found} plain objects, not {files}"
        first = self._seq - len(arrived) + 1
        laying = [seen for seq, (seen, data) in enumerate(arrived, first) if _lays_out(data, seq)]
        return max(laying, default=latest - _QUIET_S)

    def _next(self) -> None:
        self._seq += 1
        self._url = self._signed()

    def _look(self) -> bytes | None:
        self._connection.request("GET", self._url)
        reply = self._connection.getresponse()
        data = reply.read()
        if reply.status == 404:
            return None
        assert reply.status == 200, (reply.status, data)
        return data

    def _signed(self) -> str:
        where = {"Bucket": self._site.bucket, "Key": f"{self._prefix}{layout.log_key(self._seq + 1)}"}
        url = urlsplit(self._client.generate_presigned_url("get_object", Params=where, ExpiresIn=_VALID_S))
        return f"{url.path}?{url.query}"


def _lays_out(data: bytes, seq: int) -> bool:
    commit = codec.decode_commit(data, seq)
    changes = commit.changes if isinstance(commit, codec.Commit) else ()
    return any(isinstance(change.now, Entry) and change.now.plain is not None for change in changes)
