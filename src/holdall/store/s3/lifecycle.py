"""The lifecycle rules of a bucket. They are one document for all who have some in it, and it takes no condition: what others put
there is sent back as it came, and a change that somebody else makes in the same moment is looked for afterwards.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree.ElementTree import Element, ParseError, SubElement, XMLParser, tostring

from holdall.errors import BadFormat, Denied, NoBucket, Unavailable
from holdall.store.expiry import Expiry
from holdall.store.s3.client import Client
from holdall.store.s3.failures import field
from holdall.store.s3.wire import Reply

_QUERY: Final = {"lifecycle": ""}
_SPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
_SMALL: Final = "x-amz-transition-default-minimum-object-size"
"""Of transitions to other storage classes: what others chose is kept."""
_HINT: Final = "the key needs s3:GetLifecycleConfiguration and s3:PutLifecycleConfiguration on this bucket"


class BucketRules:
    """`prefix`: of the store in the bucket; "" or with a slash at its end."""

    def __init__(self, client: Client, prefix: str) -> None:
        self.prefix = prefix
        self._client = client

    def replace(self, owned: str, rules: Iterable[Expiry]) -> int:
        """Put these rules in place of those whose id begins with `owned`; the number of others, which stay as they are.

        Up to three requests. Denied; BadFormat where the rules that are there cannot be read, so that they would be lost.
        """
        found, headers = self._read()
        others = [one for one in found if not _id_of(one).startswith(owned)]
        wanted = [*others, *map(_element, rules)]
        if not wanted and not found:
            return 0
        if list(map(_said, found)) != list(map(_said, wanted)):
            self._write(wanted, headers)
            self._expect(wanted)
        return len(others)

    def _read(self) -> tuple[list[Element], dict[str, str]]:
        """The rules, and what else has to be said when they are written."""
        reply = self._ask("GET", also=(404,))
        if reply.status == 404:
            if field(reply.body, "Code") == "NoSuchBucket":
                raise NoBucket(f"no bucket at {self._client.url}", hint="create it, or correct its name")
            return [], {}
        headers = {_SMALL: reply.headers[_SMALL]} if _SMALL in reply.headers else {}
        return _rules_in(reply.body, self._client.url), headers

    def _write(self, rules: Sequence[Element], headers: dict[str, str]) -> None:
        if not rules:
            self._ask("DELETE")
            return
        root = Element("LifecycleConfiguration", xmlns=_SPACE)
        root.extend(rules)
        body = tostring(root, encoding="utf-8")
        md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        self._ask("PUT", body, {"content-md5": md5, **headers})

    def _expect(self, wanted: Sequence[Element]) -> None:
        now = {_id_of(one) for one in self._read()[0]}
        if missing := sorted({_id_of(one) for one in wanted} - now):
            raise Unavailable(
                f"{self._client.url}: the rule {missing[0]} is not there after all",
                hint="somebody else changed the bucket's rules in the same moment: look at them, and run it again",
            )

    def _ask(
        self,
        method: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        also: tuple[int, ...] = (),
    ) -> Reply:
        try:
            return self._client.step(
                lambda: self._client.request(method, "", query=_QUERY, headers=headers, body=body, also=also)
            )
        except Denied as exc:
            raise Denied(exc.message, hint=_HINT) from exc


def _rules_in(body: bytes, url: str) -> list[Element]:
    parser = XMLParser()  # noqa: S314  (expat 2.4.1 and later stops entity expansion; the server is the user's own)
    try:
        parser.feed(body)
        root = parser.close()
    except ParseError as exc:
        raise BadFormat(f"{url} answered with lifecycle rules that are not XML") from exc
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.tail = None
    if root.tag != "LifecycleConfiguration":
        raise BadFormat(f"{url} answered with something else than lifecycle rules")
    return list(root.iter("Rule"))


def _element(rule: Expiry) -> Element:
    element = Element("Rule")
    SubElement(element, "ID").text = rule.id
    SubElement(SubElement(element, "Filter"), "Prefix").text = rule.prefix
    SubElement(element, "Status").text = "Enabled"
    SubElement(SubElement(element, "Expiration"), "Days").text = str(rule.days)
    return element


def _id_of(rule: Element) -> str:
    return rule.findtext("ID", "")


def _said(rule: Element) -> set[tuple[str, str]]:
    """What it says, in whatever order."""
    return {(one.tag, (one.text or "").strip()) for one in rule.iter()}
