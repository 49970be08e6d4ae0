"""The specification's table "class.field, wire, default", a row a test."""

import pytest

import holdall
from holdall import (
    BWList,
    ContextSync,
    DownloadStrategy,
    Lifecycle,
    SyncPolicy,
    UploadMode,
    UploadPolicy,
    UploadStrategy,
    WhiteList,
)
from holdall.policies.effective import Effective, Extract

ROWS = [
    ("UploadPolicy.auto_upload", "autoUpload", True),
    ("UploadPolicy.upload_strategy", "uploadStrategy", UploadStrategy.UPLOAD_BEFORE_RESOURCE_RELEASE),
    ("UploadPolicy.upload_mode", "uploadMode", UploadMode.FILE),
    ("UploadPolicy.archive_exclude_paths", "archiveExcludePaths", []),
    ("DownloadPolicy.auto_download", "autoDownload", True),
    ("DownloadPolicy.download_strategy", "downloadStrategy", DownloadStrategy.DOWNLOAD_ASYNC),
    ("DeletePolicy.sync_local_file", "syncLocalFile", True),
    ("ExtractPolicy.extract", "extract", True),
    ("ExtractPolicy.delete_src_file", "deleteSrcFile", True),
    ("ExtractPolicy.extract_current_folder", "extractToCurrentFolder", False),
    ("RecyclePolicy.lifecycle", "lifecycle", Lifecycle.LIFECYCLE_FOREVER),
    ("RecyclePolicy.paths", "paths", [""]),
    ("WhiteList.path", "path", ""),
    ("WhiteList.exclude_paths", "excludePaths", []),
    ("WhiteList.is_path_regex", "isPathRegex", False),
    ("WhiteList.is_exclude_regex", "isExcludeRegex", False),
    ("BWList.white_lists", "whiteLists", []),
    ("MappingPolicy.path", "path", ""),
    ("SyncPolicy.upload_policy", "uploadPolicy", None),
    ("SyncPolicy.download_policy", "downloadPolicy", None),
    ("SyncPolicy.delete_policy", "deletePolicy", None),
    ("SyncPolicy.extract_policy", "extractPolicy", None),
    ("SyncPolicy.recycle_policy", "recyclePolicy", None),
    ("SyncPolicy.bw_list", "bwList", None),
    ("SyncPolicy.mapping_policy", "mappingPolicy", None),
    ("ContextSync.context_id", "ContextId", None),
    ("ContextSync.path", "Path", None),
    ("ContextSync.policy", "Policy", None),
]
OTHERS = {
    "auto_upload": False, "auto_download": False, "sync_local_file": False, "extract": False, "delete_src_file": False,
    "extract_current_folder": True, "is_path_regex": True, "is_exclude_regex": True, "context_id": "c", "path": "a/b",
    "upload_mode": "Archive", "upload_strategy": "UploadBeforeResourceRelease", "download_strategy": "DownloadAsync",
    "lifecycle": "Lifecycle_1Day", "paths": ["a"], "exclude_paths": ["a"], "archive_exclude_paths": ["a"],
    "white_lists": [{"path": "a", "excludePaths": [], "isPathRegex": False, "isExcludeRegex": False}],
    "upload_policy": {"autoUpload": True, "uploadStrategy": "UploadBeforeResourceRelease", "uploadMode": "File"},
    "download_policy": {"autoDownload": False, "downloadStrategy": "DownloadAsync"}, "delete_policy": {"syncLocalFile": False},
    "extract_policy": {"extract": True, "deleteSrcFile": True, "extractToCurrentFolder": True},
    "recycle_policy": {"lifecycle": "Lifecycle_1Day", "paths": []}, "bw_list": {"whiteLists": []}, "mapping_policy": {"path": "/x"},
    "policy": {"deletePolicy": {"syncLocalFile": True}},
}  # fmt: skip
"""Of each field, a value in its wire form that is not its default, where there are two."""
BESIDE = {"archive_exclude_paths": {"upload_mode": "Archive"}}
"""What a field needs to be on the wire."""


@pytest.mark.parametrize(("field", "wire", "default"), ROWS, ids=[row[0] for row in ROWS])
def test_row(field, wire, default):
    kind, name = getattr(holdall, field.split(".")[0]), field.split(".")[1]
    found = kind()
    assert getattr(found, name) == default
    assert type(getattr(found, name)) is type(default) or isinstance(default, list)
    assert found.to_dict().get(wire) == (default or None if name == "archive_exclude_paths" else default)
    other, beside = OTHERS[name], BESIDE.get(name, {})
    read = [kind.from_dict({spelled: other} | beside) for spelled in (name, wire)]
    assert read[0] == read[1]
    assert read[0].to_dict()[wire] == other


def test_a_list_is_each_policys_own():
    holdall.RecyclePolicy().paths.append("a")
    holdall.WhiteList().exclude_paths.append("a")
    given = ["a"]
    kept = holdall.RecyclePolicy(paths=given)
    given.append("*")
    assert (holdall.RecyclePolicy().paths, holdall.WhiteList().exclude_paths, kept.paths) == ([""], [], ["a"])


def test_excluded_paths_are_sent_only_with_archive():
    policy = UploadPolicy(archive_exclude_paths=["a"])
    assert "archiveExcludePaths" not in policy.to_dict()
    policy.upload_mode = UploadMode.ARCHIVE
    assert policy.to_dict()["archiveExcludePaths"] == ["a"]


def test_every_spelling_of_a_context_sync():
    wanted = ContextSync.new("c", "/x", SyncPolicy(UploadPolicy(auto_upload=False)))
    inner = '{"uploadPolicy": {"autoUpload": false}}'
    for names in (
        ("ContextId", "Path", "Policy"),
        ("contextId", "path", "policy"),
        ("context_id", "path", "policy"),
    ):
        assert ContextSync.from_dict(dict(zip(names, ("c", "/x", inner), strict=True))) == wanted
    assert wanted.to_dict() == {"ContextId": "c", "Path": "/x", "Policy": wanted.policy.to_dict()}


def test_every_spelling_of_the_current_folder():
    for name in (
        "extract_current_folder",
        "extractCurrentFolder",
        "extractToCurrentFolder",
        "extract_to_current_folder",
    ):
        assert holdall.ExtractPolicy.from_dict({name: True}).extract_current_folder


def test_an_object_and_its_json_text_are_alike():
    assert SyncPolicy.from_dict('{"uploadPolicy": "{\\"autoUpload\\": false}"}') == SyncPolicy(
        UploadPolicy(auto_upload=False)
    )
    assert holdall.DeletePolicy.from_dict('{"syncLocalFile": false}') == holdall.DeletePolicy(
        sync_local_file=False
    )


def test_with_policy_answers_with_the_same_object():
    sync, policy = ContextSync.new("c", "/x"), SyncPolicy()
    assert sync.with_policy(policy) is sync
    assert sync.policy is policy


def test_nothing_listed_and_everything_listed_are_one():
    for bw_list in (None, BWList(), BWList([WhiteList()]), BWList.from_dict({"whiteLists": [{"path": ""}]})):
        assert SyncPolicy(bw_list=bw_list).effective() == Effective()


def test_defaults_at_use_map_and_extract_nothing():
    assert SyncPolicy.default().effective() == Effective()
    assert SyncPolicy().to_dict() == {}
    assert SyncPolicy(extract_policy=holdall.ExtractPolicy(extract=False)).effective() == Effective()
    assert SyncPolicy(mapping_policy=holdall.MappingPolicy.default()).effective() == Effective()
    assert SyncPolicy(extract_policy=holdall.ExtractPolicy()).effective() == Effective(extract=Extract())


@pytest.mark.parametrize("one", Lifecycle)
def test_a_lifecycle_has_its_days(one):
    days = one.value.removeprefix("Lifecycle_").removesuffix("s").removesuffix("Day")
    assert str(one.days or "Forever") == days


def test_names_come_from_the_package_and_nothing_else_does():
    assert set(holdall.__all__) <= set(dir(holdall))
    for name in holdall.__all__:
        assert getattr(holdall, name)
    with pytest.raises(AttributeError, match="'holdall' has no attribute 'SyncPolcy'"):
        holdall.SyncPolcy  # noqa: B018
