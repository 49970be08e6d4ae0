"""Who we are to S3, and where it is: the environment at once, everything else (profiles, SSO, roles, metadata) through botocore.

botocore costs 0.13 s of import, so plain keys in the environment go without it, as boto3 itself would take them first.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

from holdall.errors import ConfigError, Denied
from holdall.store.s3.signature import Credentials

_NO_KEYS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile"


class Access(NamedTuple):
    """`credentials` gives fresh ones at every call, and raises Denied where there are none.

    endpoint_url, region   as configured beside the credentials, or None
    """

    credentials: Callable[[], Credentials]
    endpoint_url: str | None
    region: str | None


def access(profile: str | None = None) -> Access:
    """Raises ConfigError for a profile that is not configured."""
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    endpoint_url = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if key and secret and not profile:
        fixed = Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN"))
        return Access(lambda: fixed, endpoint_url, region)
    return _from_botocore(profile, endpoint_url, region)


def _from_botocore(profile: str | None, endpoint_url: str | None, region: str | None) -> Access:
    from botocore.exceptions import BotoCoreError, ProfileNotFound
    from botocore.session import Session

    session = Session(profile=profile)
    try:
        configured = session.get_scoped_config()
    except ProfileNotFound as exc:
        raise ConfigError(f"no AWS profile {exc.kwargs['profile']!r}", hint="aws configure list-profiles") from exc

    def credentials() -> Credentials:
        try:
            found = session.get_credentials()
            if found is None:
                raise Denied("no AWS credentials found", hint=_NO_KEYS)
            frozen = found.get_frozen_credentials()  # refreshed when they run out
        except BotoCoreError as exc:
            raise Denied(f"AWS credentials cannot be had: {exc}", hint=_NO_KEYS) from exc
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    named = configured.get("endpoint_url")
    return Access(credentials, endpoint_url or named, region or configured.get("region"))
