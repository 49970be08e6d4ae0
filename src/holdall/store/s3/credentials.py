"""Who we are to S3, and where it is: the environment at once, everything else (profiles, SSO, roles, metadata) through boto3.

boto3 costs 0.06 s of import, so plain keys in the environment go without it, as it would itself take them first.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

from holdall.store.s3.signature import Credentials


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
    from holdall.store.s3.credential_chain import Chain  # noqa: PLC0415

    chain = Chain(profile)
    return Access(chain.credentials, endpoint_url or chain.endpoint_url, region or chain.region)
