"""holdall keeps working directories safe in S3-compatible storage."""

__version__ = "0.1.0"
