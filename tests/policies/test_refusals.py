"""What a policy refuses, when it is made, when it is changed and when it is read: the same sentence."""

import copy
import dataclasses
import pickle

import pytest
from tests.tables import cases

import holdall
from holdall import BadPolicy, BWList, ContextSync, RecyclePolicy, SyncPolicy, UploadPolicy, WhiteList
from holdall.errors import ConfigError

LIFECYCLES = (
    "Lifecycle_1Day, Lifecycle_3Days, Lifecycle_5Days, Lifecycle_10Days, Lifecycle_15Days, Lifecycle_30Days, "
    "Lifecycle_90Days, Lifecycle_180Days, Lifecycle_360Days, Lifecycle_Forever"
)
EXACT = "Please use exact directory paths instead."
TEXTS = [
    ("UploadPolicy", "upload_mode", "Zip", "Invalid upload_mode value: Zip. Valid values are: File, Archive"),
    ("UploadPolicy", "upload_mode", "file", "Invalid upload_mode value: file. Valid values are: File, Archive"),
    ("UploadPolicy", "upload_mode", None, "Invalid upload_mode value: None. Valid values are: File, Archive"),
    ("UploadPolicy", "upload_mode", ["File"], "Invalid upload_mode value: ['File']. Valid values are: File, Archive"),
    ("UploadPolicy", "upload_strategy", "Now", "Invalid upload_strategy value: Now. Valid values are: UploadBeforeResourceRelease"),
    ("DownloadPolicy", "download_strategy", "Now", "Invalid download_strategy value: Now. Valid values are: DownloadAsync"),
    ("RecyclePolicy", "lifecycle", "Lifecycle_2Days", f"Invalid lifecycle value: Lifecycle_2Days. Valid values are: {LIFECYCLES}"),
    ("RecyclePolicy", "paths", ["a", "b*"], f"Wildcard patterns are not supported in recycle policy paths. Got: b*. {EXACT}"),
    ("RecyclePolicy", "paths", ["?"], f"Wildcard patterns are not supported in recycle policy paths. Got: ?. {EXACT}"),
    ("WhiteList", "path", "a[0", f"Wildcard patterns are not supported in path. Got: a[0. {EXACT}"),
    ("WhiteList", "path", "a]", f"Wildcard patterns are not supported in path. Got: a]. {EXACT}"),
    ("WhiteList", "exclude_paths", ["*.o"], f"Wildcard patterns are not supported in exclude_paths. Got: *.o. {EXACT}"),
    ("UploadPolicy", "archive_exclude_paths", ["*"], f"Wildcard patterns are not supported in archive_exclude_paths. Got: *. {EXACT}"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "field", "value", "text"), TEXTS)
def test_the_text_is_the_specifications_to_the_character(kind, field, value, text):
    kind = getattr(holdall, kind)
    changed = kind()
    for refused in (
        lambda: kind(**{field: value}),
        lambda: setattr(changed, field, value),
        lambda: kind.from_dict({field: value}),
        lambda: dataclasses.replace(changed, **{field: value}),
    ):
        with pytest.raises(ValueError, match=r"\.") as found:
            refused()
        assert str(found.value) == text
        assert isinstance(found.value, BadPolicy)
        assert isinstance(found.value, ConfigError)
    assert changed == kind()


@cases(r"""
                          kind            field            value             said
    a number for a bool   UploadPolicy    auto_upload      1                 is a number, it must be true or false
    a text for a bool     DownloadPolicy  auto_download    "true"            is a string, it must be true or false
    null for a bool       DeletePolicy    sync_local_file  None              is null, it must be true or false
    a list for a bool     ExtractPolicy   extract          []                is a list, it must be true or false
    a text for a list     RecyclePolicy   paths            "a"               is a string, it must be a list
    a tuple for a list    RecyclePolicy   paths            ("a",)            is of type tuple, it must be a list
    null for a list       WhiteList       exclude_paths    None              is null, it must be a list
    an object for a list  BWList          white_lists      {}                is an object, it must be a list
    a number for a path   WhiteList       path             3                 is a number, it must be a string
    null for a path       MappingPolicy   path             None              is null, it must be a string
    a way up              WhiteList       path             "a/../b"          is 'a/../b', which has a '..' part
    a way up on Windows   WhiteList       path             r"a\.."           is 'a\\..', which has a '..' part
    a mapped way up       MappingPolicy   path             r"C:\..\x"        is 'C:\\..\\x', which has a '..' part
    a NUL                 MappingPolicy   path             "a\0"             is 'a\x00', which holds a NUL character
    half a character      WhiteList       path             "\ud800"          is '\ud800', which is not Unicode text
    a context of no name  ContextSync     context_id       ""                is empty
    a context's way up    ContextSync     path             "/a/../b"         is '/a/../b', which has a '..' part
    another's policy      SyncPolicy      upload_policy    WhiteList()       is of type WhiteList, it must be of type UploadPolicy
""")
def test_the_field_is_named(kind, field, value, said):
    kind, value = getattr(holdall, kind), eval(value)
    changed = kind()
    for refused in (lambda: kind(**{field: value}), lambda: setattr(changed, field, value)):
        with pytest.raises(BadPolicy) as found:
            refused()
        assert str(found.value) == f"'{field}' {said}"


PLACES = [
    ({"bwList": {"whiteLists": [{"path": "a/.."}]}}, "'bwList.whiteLists[0].path' is 'a/..', which has a '..' part"),
    ({"bw_list": {"white_lists": [{}, {"exclude_paths": ["a", 1]}]}}, "'bw_list.white_lists[1].exclude_paths[1]' is a number, it must be a string"),
    ({"bwList": {"whiteLists": [{"path": "(", "isPathRegex": True}]}}, "'bwList.whiteLists[0].path' is '(', which is no regular expression: missing ), unterminated subpattern at position 0"),
    ({"bwList": {"whiteLists": [{"path": "x{99999999999}", "isPathRegex": True}]}}, "'bwList.whiteLists[0].path' is 'x{99999999999}', which is no regular expression: the repetition number is too large"),
    ({"bwList": {"whiteLists": [{"excludePaths": ["*"], "isExcludeRegex": True}]}}, "'bwList.whiteLists[0].excludePaths[0]' is '*', which is no regular expression: nothing to repeat at position 0"),
    ({"bwList": {"whiteLists": [3]}}, "'bwList.whiteLists[0]' is a number, it must be an object"),
    ({"bwList": {"whiteLists": {}}}, "'bwList.whiteLists' is an object, it must be a list"),
    ({"uploadPolicy": {"autoUpload": "no"}}, "'uploadPolicy.autoUpload' is a string, it must be true or false"),
    ({"uploadPolicy": '{"autoUpload": 0}'}, "'uploadPolicy.autoUpload' is a number, it must be true or false"),
    ({"uploadPolicy": "{"}, "'uploadPolicy' is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ({"uploadPolicy": {"autoUplod": True}}, "unknown key 'uploadPolicy.autoUplod'; did you mean 'autoUpload'?"),
    ({"upload_polcy": {}}, "unknown key 'upload_polcy'; did you mean 'upload_policy'?"),
    ({"deletePolicy": {"x": 1}}, "unknown key 'deletePolicy.x'; known here: syncLocalFile"),
    ({"deletePolicy": {"syncLocalFile": True, "sync_local_file": True}}, "'deletePolicy.sync_local_file' is there already, as 'syncLocalFile'"),
    ('{"deletePolicy": {"syncLocalFile": true, "syncLocalFile": false}}', "it has the key 'syncLocalFile' twice"),
    ("[]", "it is a list, it must be an object"),
    (None, "it is null, it must be an object"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "said"), PLACES)
def test_the_whole_way_to_the_field_is_named_as_it_was_spelled(data, said):
    with pytest.raises(BadPolicy) as found:
        SyncPolicy.from_dict(data)
    assert str(found.value) == said


def test_text_that_goes_too_deep_is_refused_as_any():
    with pytest.raises(BadPolicy, match=r"^it is no JSON: "):
        SyncPolicy.from_dict("[" * 100_000)


def test_a_fixed_text_has_its_place_in_the_hint():
    with pytest.raises(BadPolicy) as found:
        SyncPolicy.from_dict({"bwList": {"whiteLists": [{"path": ""}, {"path": "*"}]}})
    assert str(found.value) == f"Wildcard patterns are not supported in path. Got: *. {EXACT}"
    assert found.value.hint == "it stands in 'bwList.whiteLists[1].path'"


# -- changes inside


CHANGES = {
    "append": lambda paths: paths.append("*"),
    "extend": lambda paths: paths.extend(["b", "*"]),
    "insert": lambda paths: paths.insert(0, "*"),
    "an item": lambda paths: paths.__setitem__(0, "*"),
    "a slice": lambda paths: paths.__setitem__(slice(0, 0), ["*"]),
    "+=": lambda paths: paths.__iadd__(["*"]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("made", [lambda one: one, copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # fmt: skip
def test_a_change_of_a_list_is_one_of_its_policy(change, made):
    policy = made(RecyclePolicy(paths=["a"]))
    with pytest.raises(BadPolicy, match="Wildcard patterns are not supported in recycle policy paths"):
        change(policy.paths)
    assert policy.paths == ["a"]


def test_a_list_can_be_used_as_any():
    policy = RecyclePolicy()
    policy.paths[0] = "a"
    policy.paths += ["c"]
    policy.paths.insert(1, "b")
    policy.paths[3:] = ["d", "e"]
    policy.paths.remove("e")
    policy.paths.extend(("f",))
    assert policy.paths == ["a", "b", "c", "d", "f"]
    assert policy.to_dict()["paths"] == ["a", "b", "c", "d", "f"]
    assert dataclasses.asdict(policy) == {
        "lifecycle": "Lifecycle_Forever",
        "paths": ["a", "b", "c", "d", "f"],
    }


def test_a_list_of_policies_takes_those_alone():
    lists = BWList()
    with pytest.raises(BadPolicy) as found:
        lists.white_lists.append({"path": "a"})
    assert str(found.value) == "'white_lists[0]' is an object, it must be of type WhiteList"
    lists.white_lists.append(WhiteList("a"))
    with pytest.raises(BadPolicy, match="Wildcard"):
        lists.white_lists[0].path = "*"
    with pytest.raises(BadPolicy, match="Wildcard"):
        lists.white_lists[0].exclude_paths.append("*")


def test_fields_that_go_together_are_changed_in_an_order_that_fits():
    one = WhiteList("src")
    one.is_path_regex = True
    one.path = "src/.*"
    with pytest.raises(BadPolicy, match="no regular expression"):
        one.path = "("
    with pytest.raises(BadPolicy) as found:
        one.is_path_regex = False
    assert str(found.value) == f"Wildcard patterns are not supported in path. Got: src/.*. {EXACT}"
    assert one == WhiteList("src/.*", is_path_regex=True)
    one.is_exclude_regex = True
    with pytest.raises(BadPolicy, match=r"^'exclude_paths\[0\]' is '\+', which is no regular expression"):
        one.exclude_paths.append("+")


def test_a_field_that_is_none_is_no_attribute():
    """A slip of the pen would be a policy that does nothing."""
    with pytest.raises(AttributeError, match="UploadPolicy has no field 'upload_mod'"):
        UploadPolicy().upload_mod = "Archive"


# -- use


@pytest.mark.parametrize(
    ("sync", "said"),
    [
        (ContextSync(path="/x"), "'context_id' is missing"),
        (ContextSync("c"), "'path' is missing"),
        (ContextSync("c", "x"), "'path' is 'x', it must be an absolute path"),
        (ContextSync("c", ""), "'path' is '', it must be an absolute path"),
    ],
)
def test_a_context_sync_is_whole_when_it_is_used(sync, said):
    with pytest.raises(BadPolicy) as found:
        sync.wanted()
    assert str(found.value) == said


def test_a_whole_context_sync():
    assert ContextSync.new("c", "/x").wanted() == ("c", "/x", SyncPolicy())
