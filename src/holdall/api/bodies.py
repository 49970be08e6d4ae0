"""What calls may carry. Strict, as the configuration is: a key that nobody knows is refused by name."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

TaskId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]{1,100}$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewMount(_Body):
    """policy           as an object or as JSON text, read by the policies themselves
    default_context  nobody chose the name: refuse a context of that name that came from elsewhere
    store            the URL that the caller means, where one was said
    make_directory   where there is none at the path; it is mounted like one that never was, and gets what the store has
    """

    context: str = Field(min_length=1)
    path: str = Field(min_length=1)
    sync: Literal["auto", "arch", "one"] = "auto"
    ignore: list[str] = Field(default_factory=list)
    policy: Annotated[Any, WithJsonSchema({"type": ["object", "string", "null"]})] = None
    default_context: bool = False
    make_directory: bool = False
    store: str | None = None


class Named(_Body):
    """`name`: of a context."""

    name: str


class OfFile(_Body):
    """`path`: relative to the context's mount, or absolute below it."""

    path: str


class Leave(_Body):
    """None: the daemon's own deadline."""

    deadline_s: float | None = Field(default=None, ge=0)


class Forget(Leave):
    discard: bool = False


class Wait(_Body):
    """path       relative to the mount, or absolute below it; None is everything
    timeout_s  None: as long as it takes
    task_id    the caller's own, by which `info` tells of it
    """

    path: str | None = None
    timeout_s: float | None = Field(default=None, ge=0)
    task_id: TaskId | None = None


class Sync(_Body):
    force: bool = False
    task_id: TaskId | None = None
    timeout_s: float | None = Field(default=None, ge=0)
