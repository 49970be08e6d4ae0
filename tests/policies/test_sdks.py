"""Users' own JSON: what both SDKs print for the same policies comes to the same. `record.py` printed it."""

import json
from pathlib import Path

import pytest

from holdall import ContextSync, Lifecycle, SyncPolicy, UploadMode
from holdall.policies.effective import Effective, Extract, Recycle, White

FILES = {one: json.loads(Path(__file__).with_name(f"{one}.json").read_text()) for one in ("agbcloud-sdk", "wuying-agentbay-sdk")}  # fmt: skip
DEFAULT = Effective(extract=Extract(), recycle=Recycle())
"""The SDKs fill in what was not said, archives and all; holdall's own default extracts nothing."""
FULL = Effective(
    auto_upload=False,
    upload_mode=UploadMode.ARCHIVE,
    auto_download=False,
    sync_local_file=False,
    extract=Extract(delete_src_file=False, extract_current_folder=True),
    recycle=Recycle(Lifecycle.LIFECYCLE_30DAYS, ("cache", "tmp/ü")),
    white_lists=(White("/src", ("node_modules",)), White("docs")),
    mapping="C:\\Users\\me\\work",
)
OF_A_MOUNT = Effective(
    auto_upload=False,
    sync_local_file=False,
    recycle=Recycle(Lifecycle.LIFECYCLE_30DAYS, ("cache",)),
    white_lists=(White("/src", ("src/tmp",)),),
)
EXPRESSIONS = White("src/.*[.]py", ("src/(test|doc)s?/",), is_path_regex=True, is_exclude_regex=True)
MEANT = {
    "default": DEFAULT,
    "full": FULL,
    "of a mount": OF_A_MOUNT,
    **{one.value: DEFAULT._replace(recycle=Recycle(one)) for one in Lifecycle},
    "no extraction": DEFAULT._replace(extract=None),
    "nothing listed": DEFAULT,
    "everything listed": DEFAULT,
    "nothing recycled": DEFAULT._replace(recycle=Recycle(paths=())),
    "no mapping": DEFAULT,
    "excluded from packs": DEFAULT._replace(
        upload_mode=UploadMode.ARCHIVE, archive_exclude_paths=("logs", "a/b")
    ),
    "excluded in vain": DEFAULT,
    "expressions": DEFAULT._replace(white_lists=(EXPRESSIONS,)),
}
PRINTED = [(sdk, case) for sdk, file in FILES.items() for case in file["policies"]]


@pytest.mark.parametrize(("sdk", "case"), PRINTED)
def test_a_policy_as_the_sdk_prints_it(sdk, case):
    printed = FILES[sdk]["policies"][case]
    assert SyncPolicy.from_dict(printed).effective() == MEANT[case]
    assert SyncPolicy.from_dict(json.dumps(printed)).effective() == MEANT[case]


@pytest.mark.parametrize("sdk", FILES)
def test_a_context_as_the_sdk_asks_for_it(sdk):
    found = ContextSync.from_dict(FILES[sdk]["context"]).wanted()
    assert (found.context_id, found.path, found.policy.effective()) == (
        "SdkCtx-1",
        "/home/wuying/work",
        OF_A_MOUNT,
    )


def test_ours_is_what_the_newer_sdk_prints():
    for case, printed in FILES["wuying-agentbay-sdk"]["policies"].items():
        assert SyncPolicy.from_dict(printed).to_dict() == printed, case


def test_each_file_says_which_version_printed_it():
    assert {sdk: file["printed by"].split()[0] for sdk, file in FILES.items()} == {sdk: sdk for sdk in FILES}
    assert {case for _, case in PRINTED} == MEANT.keys()
