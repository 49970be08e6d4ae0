"""Small objects by obstore: its requests run outside Python's lock, a third of the processor time of urllib3's.

It has no conditions on DELETE and copies, and does not show an answer's headers, so everything else is the client's. So is every
answer that is neither success nor a failed condition: the client asks again and knows the servers' error codes.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from holdall.errors import ConditionFailed, NotThere, Unavailable
from holdall.store.base import ABSENT, Written
from holdall.store.s3.signature import Credentials
from holdall.store.silence import Silence

_CONNECT: Final = timedelta(seconds=5)
_SILENCE_S: Final = 30.0
"""At most, from one piece of an answer to the next. The first is counted from the request's start: its body takes part in it."""

_WHOLE: Final = timedelta(days=1)
"""What obstore would end after 30 s, however well it goes on."""

_MOST_BYTES: Final = 32 * 1024
"""Of a body: 32 of them at once take a link of 35 KB/s. Longer ones are for the client, where only silence ends a request."""

_ANSWERED: Final = "non-2xx"
_SILENT: Final = "kind: Timeout"
_NO_KEY: Final = "NoSuchKey"
_FRESH: Final = timedelta(minutes=1)
"""Credentials that end are asked for again this often; whoever gives them knows when to renew them."""


class Bucket(NamedTuple):
    name: str
    endpoint_url: str
    region: str
    credentials: Callable[[], Credentials]


class Transfer:
    """None for an answer means: ask the client."""

    def __init__(self, bucket: Bucket, url: str, silence: Silence) -> None:
        import obstore  # noqa: PLC0415  (its 30 ms are for those who move bytes)
        from obstore.store import S3Store  # noqa: PLC0415

        self._obstore = obstore
        self._url = url
        self._silence = silence
        self._errors = obstore.exceptions
        self._store = S3Store(
            bucket.name,
            endpoint=bucket.endpoint_url,
            region=bucket.region,
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": True,
                "connect_timeout": _CONNECT,
                "read_timeout": timedelta(seconds=min(_SILENCE_S, silence.limit_s)),
                "timeout": _WHOLE,
            },
            retry_config={"max_retries": 0},
            credential_provider=lambda: _provided(bucket.credentials()),
        )

    def get(self, key: str, when: str | None) -> bytes | None:
        options: Any = {} if when is None else {"if_match": f'"{when}"'}
        with self._silence.waiting():
            try:
                found = self._obstore.get(self._store, key, options=options)
                self._silence.heard()
                if when is not None and (found.meta["e_tag"] or "").strip('"') != when:
                    return None  # a server that ignores If-Match
                return self._whole(found)
            except self._errors.PreconditionError as exc:
                raise ConditionFailed(f"the object in {self._url} is another version", path=key) from exc
            except (self._errors.NotFoundError, FileNotFoundError) as exc:
                if _NO_KEY in str(exc):
                    raise NotThere(f"no object in {self._url}", path=key) from exc
                return None
            except self._errors.BaseError as exc:
                self._unanswered(exc, key)
                return None

    def put(self, key: str, data: bytes, meta: Mapping[str, str], when: str | None) -> Written | None:
        if len(data) > _MOST_BYTES:
            return None
        mode: Any = "overwrite" if when is None else "create" if when == ABSENT else {"e_tag": f'"{when}"'}
        with self._silence.waiting():
            try:
                done = self._obstore.put(
                    self._store, key, data, attributes=dict(meta), mode=mode, use_multipart=False
                )
            except (self._errors.AlreadyExistsError, self._errors.PreconditionError) as exc:
                raise ConditionFailed(
                    f"the object in {self._url} is not what was expected", path=key
                ) from exc
            except FileNotFoundError:
                return None
            except self._errors.BaseError as exc:
                self._unanswered(exc, key)
                return None
        return Written((done["e_tag"] or "").strip('"'), done["version"])

    def _whole(self, found: Any) -> bytes:
        pieces = []
        # As they come: all in one, a slow link would not show that it moves.
        for piece in found.stream(min_chunk_size=1):
            self._silence.heard()
            pieces.append(piece)
        return b"".join(pieces)

    def _unanswered(self, exc: Exception, key: str) -> None:
        """Where no answer came, asking once more in another way only doubles the wait."""
        if not isinstance(exc, self._errors.GenericError) or _ANSWERED in (said := str(exc)):
            return
        message, hint = f"no answer from {self._url}", "is the endpoint right, and the server up?"
        if _SILENT in said:
            raise self._silence.unanswered(message, path=key, hint=hint) from exc
        raise Unavailable(message, path=key, hint=hint) from exc


def _provided(credentials: Credentials) -> Any:
    return {
        "access_key_id": credentials.access_key,
        "secret_access_key": credentials.secret_key,
        "token": credentials.token,
        "expires_at": datetime.now(UTC) + _FRESH if credentials.token else None,
    }
