"""What an S3 server's refusal means for us: codes and statuses become holdall's errors here and nowhere else."""

import re
from html import unescape
from typing import Final

from holdall.errors import (
    ConditionFailed,
    Denied,
    NoBucket,
    NotThere,
    Refused,
    StoreError,
    StoreFull,
    Unavailable,
)
from holdall.store.s3.wire import Reply

_CLOCK: Final = "set this machine's clock: S3 refuses requests that are 15 minutes off"
_KEYS: Final = "check the access key and the secret key"
_EXPIRED: Final = "the session token has expired: sign in again"
_DENIED_HINTS: Final = {
    "RequestTimeTooSkewed": _CLOCK,
    "RequestExpired": _CLOCK,
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "ExpiredToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "InvalidToken": _EXPIRED,
    "AllAccessDisabled": "the account or the bucket is suspended",
    "NotImplemented": "the server lacks this operation",
}
_SHORTEN: Final = "S3 keys hold 1,024 bytes, prefix and all: shorten the path"
_RENAME: Final = "the server takes no key of this form: rename the file"
_NAME_HINTS: Final = {
    "KeyTooLongError": _SHORTEN,
    "KeyTooLong": _SHORTEN,
    "InvalidURI": _RENAME,
    "XMinioInvalidObjectName": _RENAME,
}
_REFUSED_HINTS: Final = _NAME_HINTS | {
    "MetadataTooLarge": "S3 keeps 2 KB of metadata with an object: shorten the path",
    "EntityTooLarge": "the server takes no object of this size",
    "InvalidObjectState": "it is archived: restore it with the store's own tools",
}
_UNFIT: Final = frozenset({400, 413, 414, 422, 431})
"""Statuses that say something of one request: of its key, its metadata, its size."""

_EVERYBODYS: Final = re.compile(
    r"Auth|Sign|Credential|Security|AccessKey|Token|Date|Time|Region|Location|Endpoint|Bucket|Encryption|KMS|Account"
)
"""In codes that say something of every request, whatever its status."""

_REGION: Final = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)  # fmt: skip
_FULL: Final = frozenset(
    {"InsufficientStorage", "QuotaExceeded", "QuotaExceededException", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded",
     "ServiceQuotaExceededException", "StorageLimitExceeded", "InsufficientCapacity"}
)  # fmt: skip
_LATER: Final = frozenset(
    {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "BadDigest", "XAmzContentSHA256Mismatch",
     "IncompleteBody", "NoSuchUpload", "InvalidPart"}
)  # fmt: skip
_BLOCKED: Final = frozenset({"ExistingObjectIsDirectory", "ExistingObjectIsFile", "XMinioObjectExistsAsDirectory",
                             "XMinioParentIsObject", "ParentIsObject"})  # fmt: skip
_ACTIONS: Final = {
    "GET": "s3:GetObject and s3:ListBucket",
    "HEAD": "s3:GetObject and s3:ListBucket",
    "PUT": "s3:PutObject",
    "POST": "s3:PutObject",
    "DELETE": "s3:DeleteObject",
}


def field(body: bytes, name: str) -> str:
    """The first element of that name in an XML answer, or ""."""
    found = re.search(rf"<{name}(?:\s[^>]*)?>([^<]*)</{name}>", body.decode("utf-8", "replace"))
    return unescape(found[1]) if found else ""


def answered(value: str, name: str, *, url: str, key: str) -> str:
    """A value that no success lacks. Without it the answer is somebody else's, or broke off: nobody knows what was done."""
    if not value:
        raise Unavailable(f"{url} answered without {name}", path=key, hint="it is tried again")
    return value


def failure(reply: Reply, *, method: str, url: str, key: str | None) -> StoreError:
    """`url` names endpoint and bucket, `key` what the request was about; None: the bucket itself.

    Also for a 200 whose body is an error, as copies and completions answer.
    """
    code = field(reply.body, "Code")
    said = code or f"HTTP {reply.status}"
    if reply.status in {301, 302, 307, 308} or code in _REGION:
        region = reply.headers.get("x-amz-bucket-region") or field(reply.body, "Region")
        hint = f"it is in region {region}" if region else "set the region of the bucket, and its endpoint"
        return NoBucket(f"the bucket of {url} is elsewhere ({said})", hint=hint)
    return _by_code(code, method, url, key) or _by_status(reply, said, method, url, key)


def _by_code(code: str, method: str, url: str, key: str | None) -> StoreError | None:
    if code == "NoSuchBucket":
        return NoBucket(f"no bucket at {url}", hint="create it, or correct its name and endpoint")
    if code in _BLOCKED:
        return ConditionFailed(
            f"{url} holds an object above or below this key, and cannot hold both", path=key
        )
    if code in _FULL:
        return StoreFull(f"{url} takes no more ({code})", path=key, hint="free space or raise the quota")
    if code in _DENIED_HINTS:
        return Denied(f"{url} refused {method} ({code})", path=key, hint=_DENIED_HINTS[code])
    if code in _NAME_HINTS and method in {"GET", "HEAD", "DELETE"}:
        return NotThere(f"no object in {url}, nor can there be one of this name ({code})", path=key)
    if code in _REFUSED_HINTS:
        return Refused(f"{url} refused it ({code})", path=key, hint=_REFUSED_HINTS[code])
    if code in _LATER:
        return Unavailable(f"{url} answered {code} to {method}", path=key)
    return None


def _by_status(reply: Reply, said: str, method: str, url: str, key: str | None) -> StoreError:
    status = reply.status
    if status == 412:
        return ConditionFailed(f"the object in {url} is not what the request asked for", path=key)
    if status == 409:  # two conditional writes met
        return ConditionFailed(f"another write to the same object in {url} was under way ({said})", path=key)
    if status == 416:
        return ConditionFailed(f"the object in {url} is shorter than the range asked for", path=key)
    if status == 404:
        return NotThere(f"no object in {url}", path=key)
    if status in {401, 403}:
        hint = f"the key needs {_ACTIONS[method]} on this bucket"
        return Denied(f"{url} refused {method} ({said})", path=key, hint=hint)
    if status == 507:
        return StoreFull(f"{url} takes no more ({said})", path=key, hint="free space or raise the quota")
    if status in {200, 408, 429} or status >= 500:
        return Unavailable(f"{url} answered {said} to {method}", path=key)
    detail = field(reply.body, "Message")
    kind = Refused if key is not None and status in _UNFIT and not _EVERYBODYS.search(said) else Denied
    return kind(f"{url} refused {method} ({said}{': ' + detail if detail else ''})", path=key)
