"""The contract over an S3 bucket: any server that speaks S3, with what it honours left to the probe."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Final, Literal

from holdall.errors import ConditionFailed, ConfigError, Denied, NotThere, Refused
from holdall.store.base import ABSENT, Before, CopyRange, ObjectInfo, Part, Written
from holdall.store.s3 import failures, listing, metadata
from holdall.store.s3.client import Client, http_date
from holdall.store.s3.credentials import access
from holdall.store.s3.lifecycle import BucketRules
from holdall.store.s3.multipart import Multipart
from holdall.store.s3.parallel import Parallel
from holdall.store.s3.signature import Credentials
from holdall.store.s3.transfer import Bucket, Transfer
from holdall.store.s3.wire import Reply
from holdall.store.silence import Silence

_PART_BYTES: Final = 8 * 1024 * 1024
_COPY_PART_BYTES: Final = 512 * 1024 * 1024
_COPY_BYTES_MAX: Final = 5 * 1024 * 1024 * 1024
"""What one request copies."""


@dataclass(frozen=True, slots=True)
class S3Settings:
    """None is taken from where the AWS tools take it: environment, profile, instance.

    endpoint_url   None as well there: Amazon's, in that region
    """

    bucket: str
    prefix: str = ""
    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


class S3Store:
    """Metadata names are lower-case ASCII words; with their values they may take 2 KB (metadata.py). Parts: 10,000 of 5 MiB or
    more, the last one excepted. A write is never repeated here: that is the retrying decorator's.
    """

    def __init__(self, settings: S3Settings, silence: Silence | None = None) -> None:
        if not settings.bucket:
            raise ConfigError("the URL names no bucket", hint="s3://BUCKET/PREFIX")
        credentials, endpoint_url, region = _where(settings)
        self._silence = silence or Silence()
        self._client = Client(settings.bucket, endpoint_url, region, credentials, self._silence)
        self._where = Bucket(settings.bucket, endpoint_url, region, credentials)
        self._prefix = settings.prefix.strip("/") + "/" if settings.prefix.strip("/") else ""
        self._parallel = Parallel()
        self._multipart = Multipart(self._client, self._parallel, self._full)

    @cached_property
    def _transfer(self) -> Transfer:
        # The first request is one that tells exactly what is wrong with bucket or credentials, and the server's clock.
        self._client.check_bucket()
        return Transfer(self._where, self._client.url, self._silence)

    @property
    def url(self) -> str:
        return f"{self._client.url}/{self._prefix}".rstrip("/")

    @property
    def rules(self) -> BucketRules:
        """The bucket's own lifecycle rules."""
        return BucketRules(self._client, self._prefix)

    @property
    def part_bytes(self) -> int:
        return _PART_BYTES

    def now(self) -> float:
        return self._client.now()

    def get(self, key: str, *, when: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        whole = not offset and length is None
        if whole and (data := self._transfer.get(self._full(key), when)) is not None:
            return data
        headers = _match(when)
        if offset or length is not None:
            # No range is empty in HTTP: of nothing, one byte is read, and the object is there or not.
            end = "" if length is None else str(offset + max(length, 1) - 1)
            headers["range"] = f"bytes={offset}-{end}"
        reply = self._client.request("GET", self._full(key), headers=headers, also=(416,), name=key)
        if reply.status == 416:  # from the end on
            return b""
        self._expect(reply, key, when)
        return _part(reply, offset, length)

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        def fetch(offset: int) -> str:
            length, done = min(_PART_BYTES, size - offset), 0

            def sink(piece: bytes) -> None:
                nonlocal done
                write(offset + done, piece)
                done += len(piece)

            headers = {**_match(pin), "range": f"bytes={offset}-{offset + length - 1}"}
            reply = self._client.request("GET", self._full(key), headers=headers, name=key, sink=sink)
            self._expect(reply, key, pin)
            if reply.body:  # not a 206, or one in chunks
                sink(_part(reply, offset, length))
            if done != length:
                raise ConditionFailed(f"the object in {self.url} is not of {size} bytes", path=key)
            return _etag(reply)

        pin = when
        if size == 0:
            self.get(key, when=when, length=0)
            return
        start = 0
        if pin is None or size <= _PART_BYTES:
            pin = fetch(0)  # the other ranges are of the same version
            start = _PART_BYTES
        offsets = range(start, size, _PART_BYTES)
        self._parallel.run([partial(self._client.step, partial(fetch, offset)) for offset in offsets])

    def head(self, key: str) -> ObjectInfo | None:
        reply = self._client.request("HEAD", self._full(key), also=(400, 404), name=key)
        if reply.status == 404:
            self._client.check_bucket()  # a HEAD does not say what is missing
            return None
        if reply.status == 400:
            try:
                self.get(key, length=0)  # nor what was wrong with it
            except NotThere:
                return None
            raise failures.failure(reply, method="HEAD", url=self._client.url, key=key)
        modified_at = http_date(reply.headers["last-modified"])
        meta = metadata.from_headers(reply.headers)
        size = int(reply.headers["content-length"])
        return ObjectInfo(key, size, _etag(reply), _version(reply), modified_at, meta)

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written:
        if (
            done := self._transfer.put(self._full(key), data, metadata.to_attributes(meta or {}), when)
        ) is not None:
            return done
        headers = {**metadata.to_headers(meta or {}), **_condition(when)}
        try:
            reply = self._client.request("PUT", self._full(key), headers=headers, body=data, name=key)
        except NotThere as exc:  # If-Match, and nothing at the key
            raise ConditionFailed(f"there is no object in {self.url} to replace", path=key) from exc
        return self._written(_etag(reply), reply, key)

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
        before: Before | None = None,
    ) -> Written:
        if parts and (len(parts) > 1 or isinstance(parts[0], CopyRange)):
            headers = metadata.to_headers(meta or {})
            return self._multipart.upload(
                key, parts, headers=headers, condition=_condition(when), before=before
            )
        data = b"".join(part() for part in parts if not isinstance(part, CopyRange))
        if before is not None:
            before()
        return self.put(key, data, meta=meta, when=when)

    def copy(
        self,
        source: str,
        target: str,
        *,
        etag: str | None = None,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
    ) -> Written:
        """One request where `etag` is given and shows an object that was not sent in parts; else a HEAD tells its size."""
        if etag is None or "-" in etag:
            found = self.head(source)
            if found is None:
                raise NotThere(f"no object in {self.url}", path=source)
            if etag not in {None, found.etag}:
                raise ConditionFailed(f"the object in {self.url} is another version", path=source)
            etag = found.etag
            if found.size > _COPY_PART_BYTES:
                kept = found.meta if meta is None else meta
                try:
                    return self.upload(target, _ranges(found), meta=kept, when=when)
                except (Denied, Refused):
                    if found.size > _COPY_BYTES_MAX:
                        raise
                    # A server that copies no parts may copy the whole, if it is quick enough.
        headers = {
            "x-amz-copy-source": self._client.source(self._full(source)),
            "x-amz-copy-source-if-match": f'"{etag}"',
            **_condition(when),
        }
        if meta is not None:
            headers |= {"x-amz-metadata-directive": "REPLACE", **metadata.to_headers(meta)}
        try:
            reply = self._client.request("PUT", self._full(target), headers=headers, name=source)
        except NotThere as exc:
            if when and self.head(source) is not None:
                raise ConditionFailed(f"there is no object in {self.url} to replace", path=target) from exc
            raise
        return self._written(failures.field(reply.body, "ETag").strip('"'), reply, target)

    def delete(self, key: str, *, when: str | None = None) -> None:
        try:
            self._client.request("DELETE", self._full(key), headers=_match(when), name=key)
        except NotThere as exc:
            if when is not None:
                raise ConditionFailed(f"there is no object in {self.url}", path=key) from exc

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        start = len(self._prefix)
        for page in self._pages(prefix):
            for found in page.objects:
                yield found._replace(key=found.key[start:])

    def folders(self, prefix: str) -> Iterator[str]:
        start = len(self._prefix)
        for page in self._pages(prefix, "/"):
            for found in page.folders:
                yield found[start:]

    def _pages(self, prefix: str, delimiter: str = "") -> Iterator[listing.Page]:
        token = ""
        while True:
            query = listing.query(self._full(prefix), token, delimiter)
            reply = self._client.step(partial(self._client.request, "GET", "", query=query))
            page = listing.parse(reply.body, self.url)
            yield page
            if not page.token:
                return
            token = page.token

    def link(self, method: Literal["GET", "PUT"], key: str, lasts_s: int) -> str:
        return self._client.link(method, self._full(key), lasts_s)

    def close(self) -> None:
        self._parallel.close()
        self._client.close()

    def _full(self, key: str) -> str:
        return self._prefix + key

    def _written(self, etag: str, reply: Reply, key: str) -> Written:
        return Written(failures.answered(etag, "an ETag", url=self._client.url, key=key), _version(reply))

    def _expect(self, reply: Reply, key: str, when: str | None) -> None:
        """For servers that ignore If-Match."""
        if when is not None and _etag(reply) != when:
            raise ConditionFailed(f"the object in {self.url} is another version", path=key)


def _where(settings: S3Settings) -> tuple[Callable[[], Credentials], str, str]:
    if settings.access_key and settings.secret_key:
        fixed = Credentials(settings.access_key, settings.secret_key, settings.token)
        credentials, endpoint_url, region = (lambda: fixed), settings.endpoint_url, settings.region
    else:
        found = access(settings.profile)
        credentials = found.credentials
        endpoint_url = settings.endpoint_url or found.endpoint_url
        region = settings.region or found.region
    region = region or "us-east-1"
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return credentials, endpoint_url or f"https://s3.{region}.{domain}", region


def _ranges(found: ObjectInfo) -> list[Part]:
    return [
        CopyRange(found.key, found.etag, offset, min(_COPY_PART_BYTES, found.size - offset))
        for offset in range(0, found.size, _COPY_PART_BYTES)
    ]


def _condition(when: str | None) -> dict[str, str]:
    return {"if-none-match": "*"} if when == ABSENT else _match(when)


def _match(when: str | None) -> dict[str, str]:
    return {} if when is None else {"if-match": f'"{when}"'}


def _part(reply: Reply, offset: int, length: int | None) -> bytes:
    """What was asked for, also of a server that ignores Range and sends everything."""
    data = reply.body if "content-range" in reply.headers else reply.body[offset:]
    return data[:length]


def _etag(reply: Reply) -> str:
    return reply.headers.get("etag", "").strip('"')


def _version(reply: Reply) -> str | None:
    found = reply.headers.get("x-amz-version-id")
    return None if found == "null" else found
