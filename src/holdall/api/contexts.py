"""/api/v1/contexts: the contexts of the store and their files.

A context is addressed by its id. One that ends as something that can be asked of it does is found by `?id=`.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from holdall.api import bodies
from holdall.api.address import ONE
from holdall.api.loopback import address_of
from holdall.api.patience import patiently
from holdall.api.stock import Stocked
from holdall.daemon.file_pages import MOST

_Most = Annotated[int, Query(ge=1, le=MOST)]

router = APIRouter(prefix="/api/v1/contexts")


@router.get("")
async def contexts(
    stock: Stocked,
    request: Request,
    id: str | None = None,  # noqa: A002 (the caller's word)
    name: str | None = None,
    max_results: _Most = 10,
    next_token: str | None = None,
) -> dict[str, Any]:
    """`id` and `name` find one: none is an empty page."""

    def work(_: object) -> dict[str, Any]:
        if id is not None or name is not None:
            return _page(stock.catalog.find(id, name), None, max_results)
        found = stock.catalog.page(most=max_results, token=next_token)
        return _page(found.contexts, found.token, max_results) | {"total_count": found.total}

    return await patiently(request, work)


def _page(found: list[dict[str, Any]], token: str | None, most: int) -> dict[str, Any]:
    return {"contexts": found, "next_token": token, "max_results": most, "total_count": len(found)}


@router.post("", status_code=201)
async def create(body: bodies.Named, stock: Stocked, request: Request, response: Response) -> dict[str, Any]:
    """201 for a new one, 200 for one that was called so already."""
    found, fresh = await patiently(request, lambda _: stock.catalog.create(body.name))
    if not fresh:
        response.status_code = 200
    return found


@router.get(ONE + "/files")
async def files(
    context: str,
    stock: Stocked,
    request: Request,
    parent_folder_path: str = "",
    max_results: _Most = 50,
    next_token: str | None = None,
    recursive: bool = False,
) -> dict[str, Any]:
    return await patiently(
        request,
        lambda _: stock.files.page(
            context, parent_folder_path, most=max_results, token=next_token, recursive=recursive
        ),
    )


@router.post(ONE + "/delete-file")
async def delete_file(context: str, body: bodies.OfFile, stock: Stocked, request: Request) -> dict[str, Any]:
    return await patiently(request, lambda _: stock.files.delete(context, body.path))


@router.post(ONE + "/download-url")
async def download_url(context: str, body: bodies.OfFile, stock: Stocked, request: Request) -> dict[str, Any]:
    def work(_: object) -> dict[str, Any]:
        path, url = stock.files.link_to_read(context, body.path)
        return address_of(request, stock, "GET", context, path, url)

    return await patiently(request, work)


@router.post(ONE + "/upload-url")
async def upload_url(context: str, body: bodies.OfFile, stock: Stocked, request: Request) -> dict[str, Any]:
    def work(_: object) -> dict[str, Any]:
        path, url = stock.files.link_to_write(context, body.path)
        return address_of(request, stock, "PUT", context, path, url)

    return await patiently(request, work)


@router.post(ONE + "/clear")
async def clear(context: str, stock: Stocked, request: Request) -> dict[str, Any]:
    return await patiently(request, lambda _: stock.catalog.clear(context))


@router.get(ONE)
async def get(context: str, stock: Stocked, request: Request) -> dict[str, Any]:
    return await patiently(request, lambda _: stock.catalog.get(context))


@router.patch(ONE)
async def rename(context: str, body: bodies.Named, stock: Stocked, request: Request) -> dict[str, Any]:
    return await patiently(request, lambda _: stock.catalog.rename(context, body.name))


@router.delete(ONE)
async def delete(context: str, stock: Stocked, request: Request) -> dict[str, Any]:
    return await patiently(request, lambda _: stock.catalog.delete(context))
