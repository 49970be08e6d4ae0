"""What calls may carry. Strict, as the configuration is: a key that nobody knows is refused by name."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewMount(_Body):
    """policy           as an object or as JSON text, read by the policies themselves
    default_context  nobody chose the name: refuse a context of that name that came from elsewhere
    store            the URL that the caller means, where one was said
    """

    context: str = Field(min_length=1)
    path: str = Field(min_length=1)
    sync: Literal["auto", "arch", "one"] = "auto"
    ignore: list[str] = Field(default_factory=list)
    policy: Annotated[Any, WithJsonSchema({"type": ["object", "string", "null"]})] = None
    default_context: bool = False
    store: str | None = None


class Leave(_Body):
    """None: the daemon's own deadline."""

    deadline_s: float | None = Field(default=None, ge=0)


class Forget(Leave):
    discard: bool = False


class Wait(_Body):
    """path       relative to the mount, or absolute below it; None is everything
    timeout_s  None: as long as it takes
    """

    path: str | None = None
    timeout_s: float | None = Field(default=None, ge=0)


class Sync(_Body):
    force: bool = False
    timeout_s: float | None = Field(default=None, ge=0)
