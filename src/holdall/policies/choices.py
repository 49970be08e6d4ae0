"""What a policy can choose from. The values are the wire's."""

from enum import StrEnum


class UploadStrategy(StrEnum):
    """When all that changed has to be up: before the mount is released."""

    UPLOAD_BEFORE_RESOURCE_RELEASE = "UploadBeforeResourceRelease"


class DownloadStrategy(StrEnum):
    """How files arrive: in the background, after the mount was made."""

    DOWNLOAD_ASYNC = "DownloadAsync"


class UploadMode(StrEnum):
    """The form of what is uploaded: a plain object for each file, or packs of many."""

    FILE = "File"
    ARCHIVE = "Archive"


class Lifecycle(StrEnum):
    """How long what was uploaded is kept in the store."""

    LIFECYCLE_1DAY = "Lifecycle_1Day"
    LIFECYCLE_3DAYS = "Lifecycle_3Days"
    LIFECYCLE_5DAYS = "Lifecycle_5Days"
    LIFECYCLE_10DAYS = "Lifecycle_10Days"
    LIFECYCLE_15DAYS = "Lifecycle_15Days"
    LIFECYCLE_30DAYS = "Lifecycle_30Days"
    LIFECYCLE_90DAYS = "Lifecycle_90Days"
    LIFECYCLE_180DAYS = "Lifecycle_180Days"
    LIFECYCLE_360DAYS = "Lifecycle_360Days"
    LIFECYCLE_FOREVER = "Lifecycle_Forever"

    @property
    def days(self) -> int | None:
        """None: for ever."""
        digits = "".join(filter(str.isdigit, self.value))
        return int(digits) if digits else None
