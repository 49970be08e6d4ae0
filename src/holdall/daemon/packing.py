"""Which files of a mount travel in packs, by its policy."""

from holdall.daemon.policy_paths import in_mount
from holdall.daemon.spec import Spec
from holdall.daemon.standing import PLAIN, Standing
from holdall.policies.choices import UploadMode
from holdall.rules.packing import Packing


def packing(spec: Spec, standing: Standing = PLAIN) -> Packing:
    """ConfigError where an archive exclude path lies outside of the mount."""
    if spec.policy.upload_mode is not UploadMode.ARCHIVE:
        return Packing()
    excluded = [in_mount(path, spec) for path in spec.policy.archive_exclude_paths]
    found = map(standing.in_context, excluded)
    return Packing(archive=True, exclude=tuple(one for one in found if one is not None))
