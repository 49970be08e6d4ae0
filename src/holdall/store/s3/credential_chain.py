# mypy: disable-error-code="import-untyped"
"""boto3's chain: profiles, SSO, assumed roles, processes, containers, instances; refreshed as they run out."""

import boto3
import botocore.session
from botocore.exceptions import BotoCoreError, ProfileNotFound

from holdall.errors import ConfigError, Denied
from holdall.store.s3.signature import Credentials


class Chain:
    """`endpoint_url` and `region` as the profile has them, or None. Raises ConfigError for a profile that there is not."""

    def __init__(self, profile: str | None) -> None:
        core = botocore.session.Session(profile=profile)
        try:
            configured = core.get_scoped_config()
        except ProfileNotFound as exc:
            raise ConfigError(str(exc), hint="`aws configure list-profiles` names them") from exc
        self._session = boto3.Session(botocore_session=core)
        self.endpoint_url: str | None = configured.get("endpoint_url")
        self.region: str | None = configured.get("region")

    def credentials(self) -> Credentials:
        try:
            found = self._session.get_credentials()
            frozen = found.get_frozen_credentials() if found else None
        except BotoCoreError as exc:
            raise Denied(f"the AWS credentials cannot be had: {exc}", hint="sign in again") from exc
        if frozen is None or not frozen.access_key or not frozen.secret_key:
            raise Denied(
                "no AWS credentials found",
                hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile",
            )
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
