"""Multipart uploads: parts sent or copied side by side, completed under a condition, aborted when anything fails."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape

from holdall.errors import ConditionFailed, NotThere, Refused, StoreError
from holdall.store.base import Before, CopyRange, Part, Written
from holdall.store.s3.client import Client
from holdall.store.s3.failures import answered, field
from holdall.store.s3.parallel import Parallel


class Multipart:
    """`full` gives the key inside the bucket."""

    def __init__(self, client: Client, parallel: Parallel, full: Callable[[str], str]) -> None:
        self._client = client
        self._parallel = parallel
        self._full = full

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        headers: Mapping[str, str],
        condition: Mapping[str, str],
        before: Before | None,
    ) -> Written:
        """`headers` are the object's, `condition` is its completion's."""
        full = self._full(key)
        begun = self._client.request("POST", full, query={"uploads": ""}, headers=headers, name=key)
        upload_id = answered(field(begun.body, "UploadId"), "an upload id", url=self._client.url, key=key)
        try:
            etags = self._parallel.run(
                [self._job(key, full, upload_id, number, part) for number, part in enumerate(parts, start=1)]
            )
            if before is not None:
                before()
            return self._complete(key, full, upload_id, etags, condition)
        except BaseException as exc:
            self._abort(key, full, upload_id, exc)
            raise

    def _job(self, key: str, full: str, upload_id: str, number: int, part: Part) -> Callable[[], str]:
        query = {"partNumber": str(number), "uploadId": upload_id}

        if isinstance(part, CopyRange):
            return partial(self._client.step, partial(self._copy, full, query, part))
        return partial(self._client.step, partial(self._send, key, full, query, part))

    def _send(self, key: str, full: str, query: Mapping[str, str], part: Callable[[], bytes]) -> str:
        reply = self._client.request("PUT", full, query=query, body=part(), name=key)
        return answered(reply.headers.get("etag", ""), "an ETag", url=self._client.url, key=key)

    def _copy(self, full: str, query: Mapping[str, str], part: CopyRange) -> str:
        reply = self._client.request(
            "PUT", full, query=query, headers=self._copy_headers(part), name=part.key
        )
        etag = field(reply.body, "ETag")
        # rclone's server takes this for the upload of an empty part, and says nothing of a copy.
        if not etag and "etag" in reply.headers:
            raise Refused(f"{self._client.url} does not copy parts", path=part.key)
        return answered(etag, "an ETag", url=self._client.url, key=part.key)

    def _copy_headers(self, part: CopyRange) -> dict[str, str]:
        return {
            "x-amz-copy-source": self._client.source(self._full(part.key)),
            "x-amz-copy-source-if-match": f'"{part.etag}"',
            "x-amz-copy-source-range": f"bytes={part.offset}-{part.offset + part.length - 1}",
        }

    def _complete(
        self, key: str, full: str, upload_id: str, etags: Sequence[str], condition: Mapping[str, str]
    ) -> Written:
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>"
            for number, etag in enumerate(etags, start=1)
        )
        space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        body = f"<CompleteMultipartUpload {space}>{listed}</CompleteMultipartUpload>".encode()
        query = {"uploadId": upload_id}
        try:
            reply = self._client.request("POST", full, query=query, headers=condition, body=body, name=key)
        except NotThere as exc:  # If-Match, and nothing at the key
            raise ConditionFailed(f"there is no object in {self._client.url} to replace", path=key) from exc
        etag = answered(field(reply.body, "ETag"), "an ETag", url=self._client.url, key=key)
        version = reply.headers.get("x-amz-version-id")
        return Written(etag.strip('"'), None if version == "null" else version)

    def _abort(self, key: str, full: str, upload_id: str, cause: BaseException) -> None:
        try:
            self._client.request("DELETE", full, query={"uploadId": upload_id}, also=(404,), name=key)
        except StoreError as exc:
            cause.add_note(f"its parts stay in the bucket, unseen: {exc}")
