"""An S3 bucket as a store."""

from holdall.store.s3.store import S3Settings, S3Store

__all__ = ["S3Settings", "S3Store"]
