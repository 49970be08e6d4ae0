"""A lifecycle rule of a bucket, as far as holdall writes any."""

from typing import Any, NamedTuple


class Expiry(NamedTuple):
    """The objects whose keys in the bucket begin with `prefix` go so many days after they were put."""

    id: str
    prefix: str
    days: int

    def document(self) -> dict[str, Any]:
        """As `aws s3api put-bucket-lifecycle-configuration` takes it."""
        return {
            "ID": self.id,
            "Filter": {"Prefix": self.prefix},
            "Status": "Enabled",
            "Expiration": {"Days": self.days},
        }
