"""The configuration: holdall.toml, overridden by the environment, checked whole before anything starts.

Every fault is a ConfigError whose one sentence names the file, the line and the key.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from holdall.daemon import places
from holdall.daemon.context_name import name_fault
from holdall.daemon.listening import Listening, listen_fault, parsed
from holdall.daemon.overlap import check_apart
from holdall.daemon.settings import Limits, Settings, StoreSettings
from holdall.daemon.spec import Spec
from holdall.errors import ConfigError
from holdall.local.extract.limits import Limits as ArchiveLimits
from holdall.policies.effective import Effective
from holdall.rules.directions import SyncType

if TYPE_CHECKING:
    from holdall.daemon.config_model import ApiTable, File, MountTable
    from holdall.daemon.config_source import Source
    from holdall.daemon.toml_lines import Place

_STORE_VARIABLES: Final = {f"HOLDALL_STORE__{name.upper()}": name for name in StoreSettings._fields}
_URL_VARIABLE: Final = "HOLDALL_STORE__URL"


def load(
    file: Path | None = None, environ: Mapping[str, str] = os.environ, *, store: str | None = None
) -> Settings:
    """`file`, else the one in force, else none at all.

    store  the URL that --store named: it counts before all others, and what else is said of the store goes with it
    """
    if store is not None:
        if fault := url_fault(store):
            raise ConfigError(f"--store {fault}", hint="a store is s3://BUCKET/PREFIX or file:///DIR")
        environ = {**environ, _URL_VARIABLE: store}
    file = file.absolute() if file is not None else places.config_file(environ)
    if file is None and (quick := _store_alone(environ)) is not None:
        return quick
    return _checked(file, environ)


def _store_alone(environ: Mapping[str, str]) -> Settings | None:
    """Without a file, and with nothing said but where the store is, there is no need for the validator's 40 ms."""
    said = {name: value for name, value in environ.items() if name.startswith("HOLDALL_") and "__" in name}
    if any(name not in _STORE_VARIABLES for name in said):
        return None
    if not said:
        return Settings()
    if _URL_VARIABLE not in said:
        raise ConfigError(
            f"{min(said)} is set, and no store is named that it could be of",
            hint=f"name one with --store s3://BUCKET/PREFIX or {_URL_VARIABLE}, or unset {min(said)}",
        )
    store = StoreSettings(**{_STORE_VARIABLES[name]: value for name, value in said.items()})
    for name, fault in _store_faults(store):
        raise ConfigError(f"HOLDALL_STORE__{name.upper()}: 'store.{name}' {fault}")
    return Settings(store=store)


def _store_faults(store: StoreSettings) -> Iterator[tuple[str, str]]:
    """What is wrong with each key."""
    if fault := url_fault(store.url):
        yield "url", fault
    if store.endpoint_url and (fault := endpoint_fault(store.endpoint_url)):
        yield "endpoint_url", fault


def _checked(file: Path | None, environ: Mapping[str, str]) -> Settings:
    from pydantic import ValidationError  # noqa: PLC0415

    from holdall.daemon import config_model  # noqa: PLC0415
    from holdall.daemon.config_faults import first_fault  # noqa: PLC0415
    from holdall.daemon.config_source import Source, snaked, text_of  # noqa: PLC0415
    from holdall.daemon.config_variables import expand, override  # noqa: PLC0415
    from holdall.daemon.toml_lines import key_lines  # noqa: PLC0415

    text = "" if file is None else text_of(file)
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{file}: {exc}") from exc
    lines = {snaked(place): line for place, line in key_lines(text).items()}
    source = Source("the environment" if file is None else str(file), lines, {})
    data = expand(data, environ, source)
    override(data, environ, config_model.File, source)
    try:
        found = config_model.File.model_validate(data)
    except ValidationError as exc:
        raise first_fault(exc, config_model.File, source) from exc
    return _settings(file, found, source)


def _settings(file: Path | None, found: "File", source: "Source") -> Settings:
    from holdall.daemon.durations import seconds  # noqa: PLC0415

    store = None
    if found.store is not None:
        store = StoreSettings(**found.store.model_dump())
        for name, fault in _store_faults(store):
            raise source.fault(("store", name), f"'store.{name}' {fault}")
    try:
        deadline_s = seconds(found.daemon.release_deadline)
    except ConfigError as exc:
        place = ("daemon", "release_deadline")
        raise source.fault(place, f"'daemon.release_deadline': {exc.message}", exc.hint) from exc
    mounts: list[Spec] = []
    for index, table in enumerate(found.mounts):
        spec = _spec(table, index, source)
        try:
            check_apart(spec, mounts)
        except ConfigError as exc:
            raise source.fault(("mounts", index), f"'mounts[{index}]': {exc.message}", exc.hint) from exc
        mounts.append(spec)
    said = found.limits
    archives = ArchiveLimits(**said.extract.model_dump())
    limits = Limits(said.workers, said.upload_bytes_s, said.download_bytes_s, archives)
    return Settings(file, store, deadline_s, limits, tuple(mounts), _api(found.api, source))


def _api(table: "ApiTable", source: "Source") -> Listening | None:
    if table.listen is None:
        for name in sorted(table.model_fields_set):
            raise source.fault(
                ("api", name), f"'api.{name}' is said, and no 'api.listen' that it could be of"
            )
        return None
    if fault := listen_fault(table.listen):
        raise source.fault(("api", "listen"), f"'api.listen' {fault}")
    if table.admin_token_file is None:
        raise source.fault(
            ("api", "listen"), "'api.listen' needs 'api.admin_token_file'", "everybody could ask there else"
        )
    host, port = parsed(table.listen)
    return Listening(host, port, Path(table.admin_token_file), tuple(table.hosts))


def _spec(table: "MountTable", index: int, source: "Source") -> Spec:
    path = Path(table.path)
    if not path.is_absolute():
        place = ("mounts", index, "path")
        raise source.fault(
            place,
            f"'mounts[{index}].path' is {table.path!r}, it must be an absolute path",
            hint="${HOME} stands for the home directory" if table.path.startswith("~") else None,
        )
    if fault := name_fault(table.context):
        raise source.fault(("mounts", index, "context"), f"'mounts[{index}].context' {fault}")
    return Spec(
        table.context,
        Path(os.path.normpath(path)),
        SyncType(table.sync),
        _policy(table.policy, ("mounts", index, "policy"), source),
        tuple(table.ignore),
    )


def _policy(data: Any, place: "Place", source: "Source") -> Effective:
    if data is None:
        return Effective()
    from holdall.policies.fault import Misfit  # noqa: PLC0415
    from holdall.policies.sync_policy import SyncPolicy  # noqa: PLC0415
    from holdall.policies.wire import read  # noqa: PLC0415

    try:
        return read(SyncPolicy, data, place).effective()
    except Misfit as exc:
        raise source.fault(exc.place, exc.with_field) from exc


def url_fault(url: str) -> str | None:
    """What is wrong with a store's URL; None when nothing is."""
    try:
        found = urlsplit(url)
    except ValueError:
        return f"is {url!r}, which is no URL: s3://BUCKET/PREFIX or file:///DIR"
    match found.scheme:
        case "s3":
            return None if found.netloc else f"is {url!r}, which names no bucket: s3://BUCKET/PREFIX"
        case "file":
            fine = not found.netloc and found.path.startswith("/")
            return None if fine else f"is {url!r}, a directory is file:///ABSOLUTE/PATH"
        case "" if url.startswith("/"):
            return f"is {url!r}, a directory is written file://{url}"
        case _:
            return f"is {url!r}, and only s3:// and file:// are known"


def endpoint_fault(url: str) -> str | None:
    """What is wrong with the URL of an S3 server; None when nothing is."""
    try:
        found = urlsplit(url)
        fine = (
            found.scheme in {"http", "https"} and found.hostname and found.port != 0 and url.split() == [url]
        )
    except ValueError:
        fine = False
    return None if fine else f"is {url!r}, which is not http://HOST:PORT or https://HOST"
