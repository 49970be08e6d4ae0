"""What the calls about contexts work with, and where the bytes of their files are handed out."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from holdall.daemon.asked import Asked
from holdall.daemon.catalog import Catalog
from holdall.daemon.files import Files
from holdall.daemon.links import Links
from holdall.daemon.shelf import Shelf
from holdall.daemon.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Stock:
    catalog: Catalog
    files: Files
    links: Links = field(default_factory=Links)
    asked: Asked = field(default_factory=Asked)

    @classmethod
    def of(cls, supervisor: Supervisor) -> "Stock":
        shelf = Shelf(supervisor)
        return cls(Catalog(shelf), Files(shelf))


def install(app: FastAPI, stock: Stock) -> None:
    app.state.stock = stock


def _stock(request: Request) -> Stock:
    found: Stock = request.app.state.stock
    return found


Stocked = Annotated[Stock, Depends(_stock)]
