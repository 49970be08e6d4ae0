"""A page of ListObjectsV2."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element, ParseError, XMLParser

from holdall.errors import BadFormat
from holdall.store.base import ObjectInfo

PAGE_KEYS = 1000


class Page(NamedTuple):
    """folders  what the objects lie in that a delimiter kept out
    token    asks for the next page; "" on the last
    """

    objects: list[ObjectInfo]
    folders: list[str]
    token: str


def query(prefix: str, token: str, delimiter: str = "") -> dict[str, str]:
    # encoding-type: keys may hold what XML cannot
    asked = {"list-type": "2", "prefix": prefix, "max-keys": str(PAGE_KEYS), "encoding-type": "url"}
    if delimiter:
        asked["delimiter"] = delimiter
    return {**asked, "continuation-token": token} if token else asked


def parse(body: bytes, url: str) -> Page:
    parser = XMLParser()  # noqa: S314  (expat 2.4.1 and later stops entity expansion; the server is the user's own)
    try:
        parser.feed(body)
        root = parser.close()
    except ParseError as exc:
        raise BadFormat(f"{url} answered a listing that is not XML") from exc
    space = root.tag[: root.tag.find("}") + 1]
    escaped = root.findtext(f"{space}EncodingType") == "url"
    more = root.findtext(f"{space}IsTruncated") == "true"
    token = root.findtext(f"{space}NextContinuationToken", "") if more else ""
    if more and not token:
        raise BadFormat(f"{url} broke off a listing and does not say how to go on")
    objects = list(_objects(root, space, escaped=escaped))
    return Page(objects, list(_folders(root, space, escaped=escaped)), token)


def _folders(root: Element, space: str, *, escaped: bool) -> Iterator[str]:
    for element in root.iter(f"{space}CommonPrefixes"):
        found = element.findtext(f"{space}Prefix", "")
        yield unquote_plus(found) if escaped else found


def _objects(root: Element, space: str, *, escaped: bool) -> Iterator[ObjectInfo]:
    start = len(space)
    for element in root.iter(f"{space}Contents"):
        found = {child.tag[start:]: child.text or "" for child in element}
        key = unquote_plus(found["Key"]) if escaped else found["Key"]
        modified_at = datetime.fromisoformat(found["LastModified"]).timestamp()
        yield ObjectInfo(key, int(found["Size"]), found["ETag"].strip('"'), None, modified_at, {})
