"""Every fault of a configuration is one sentence that names the file, the line and the key."""

from pathlib import Path

import pytest

from holdall.daemon.config import load
from holdall.daemon.settings import Limits, Settings, StoreSettings
from holdall.errors import ConfigError
from holdall.local.extract.limits import Limits as ArchiveLimits
from holdall.policies.choices import UploadMode
from holdall.policies.effective import Effective, White
from holdall.rules.directions import SyncType

WHOLE = """\
[store]
url = "s3://bucket/prefix"
endpoint_url = "http://127.0.0.1:8333"
region = "us-east-1"
profile = "work"

[daemon]
release_deadline = "2m"

[limits]
workers = 8
upload_bytes_s = 5_000_000
[limits.extract]
bytes = 1_000_000
entries = 100

[[mounts]]
context = "my-project"
path = "/home/me/project"
sync = "arch"
ignore = ["*.pyc", "/build/"]
[mounts.policy.upload_policy]
auto_upload = false
upload_mode = "Archive"
[mounts.policy.deletePolicy]
syncLocalFile = false

[[mounts]]
context = "other"
path = "/home/me/other"
"""


@pytest.fixture
def read(tmp_path):
    def read(text, **environ):
        file = tmp_path / "holdall.toml"
        file.write_text(text)
        return load(file, {"HOME": str(tmp_path), **environ})

    return read


def test_a_whole_one(read):
    found = read(WHOLE)
    assert found.store == StoreSettings("s3://bucket/prefix", "http://127.0.0.1:8333", "us-east-1", "work")
    assert found.release_deadline_s == 120
    assert found.limits == Limits(8, 5_000_000, None, ArchiveLimits(bytes=1_000_000, entries=100))
    first, second = found.mounts
    assert (first.context, first.path, first.sync) == ("my-project", Path("/home/me/project"), SyncType.ARCH)
    assert first.policy == Effective(auto_upload=False, upload_mode=UploadMode.ARCHIVE, sync_local_file=False)
    assert first.ignore == ("*.pyc", "/build/")
    assert (second.sync, second.policy, second.ignore) == (SyncType.AUTO, Effective(), ())


def mount(path, context="c"):
    return f'[[mounts]]\ncontext = "{context}"\npath = "{path}"\n'


FAULTS = {
    "unknown key": ("[store]\nurl = 'file:///s'\nreigon = 'x'", "line 3: unknown key 'store.reigon'; did you mean 'region'?"),
    "unknown table": ("[stroe]\nurl = 'x'", "line 1: unknown key 'stroe'; did you mean 'store'?"),
    "unknown far from all": ("[daemon]\nxyz = 1", "line 2: unknown key 'daemon.xyz'; known here: release_deadline"),
    "an address without a token": ("[api]\nlisten = '127.0.0.1:1'", "line 2: 'api.listen' needs 'api.admin_token_file'"),
    "no address": ("[api]\nlisten = '127.0.0.1'", "line 2: 'api.listen' is '127.0.0.1', which is not HOST:PORT"),
    "of no address": ("[api]\nhosts = ['a']", "line 2: 'api.hosts' is said, and no 'api.listen' that it could be of"),
    "in the second mount": (mount("/a", "a") + mount("/b", "b") + "sycn = 'auto'", "line 7: unknown key 'mounts[1].sycn'; did you mean 'sync'?"),
    "in a policy": (mount("/a") + "[mounts.policy.upload_policy]\nauto_uplod = true", "line 5: unknown key 'mounts[0].policy.upload_policy.auto_uplod'; did you mean 'auto_upload'?"),
    "in an inline table": (mount("/a") + "policy = { uploadPolicy = { autoUplod = true } }", "line 4: unknown key"),
    "wrong type": ("[limits]\n\nworkers = 'many'", "line 3: 'limits.workers' is a string, it must be a whole number"),
    "bool for number": ("[limits]\nworkers = true", "line 2: 'limits.workers' is a bool, it must be a whole number"),
    "no rate": ("[limits]\ndownload_bytes_s = 5", "line 2: 'limits.download_bytes_s': input should be greater than or equal to 1000, it is 5"),
    "a name that no disk takes": ("[limits.extract]\nname_bytes = 300", "line 2: 'limits.extract.name_bytes': input should be less than or equal to 255, it is 300"),
    "too small": ("[limits]\nworkers = 0", "line 2: 'limits.workers': input should be greater than or equal to 1, it is 0"),
    "unknown beside missing": ("[store]\nurll = 'x'", "line 2: unknown key 'store.urll'; did you mean 'url'?"),
    "missing": ("[[mounts]]\ncontext = 'x'", "line 1: 'mounts[0].path' is missing"),
    "not one of": (mount("/a") + "sync = 'both'", "line 4: 'mounts[0].sync' is 'both', it must be 'auto', 'arch' or 'one'"),
    "no list": (mount("/a") + "ignore = '*.pyc'", "line 4: 'mounts[0].ignore' is a string, it must be a list"),
    "empty context": (mount("/a", ""), "line 2: 'mounts[0].context'"),
    "context of two lines": (mount("/a", r"a\nb"), r"line 2: 'mounts[0].context' is 'a\nb', which holds a control character"),
    "relative path": (mount("project"), "line 3: 'mounts[0].path' is 'project', it must be an absolute path"),
    "home path": (mount("~/project"), "line 3: 'mounts[0].path' is '~/project', it must be an absolute path"),
    "same context": (mount("/a") + mount("/b"), "line 4: 'mounts[1]': the context c is mounted at /a already"),
    "same directory": (mount("/a", "a") + mount("/a/", "b"), "line 4: 'mounts[1]': /a is mounted already, as a"),
    "nested": (mount("/a", "a") + mount("/a/b", "b"), "line 4: 'mounts[1]': /a/b lies inside /a, the mount of a"),
    "around": (mount("/a/b", "a") + mount("/a", "b"), "line 4: 'mounts[1]': /a contains /a/b, the mount of a"),
    "unknown scheme": ("[store]\nurl = 'gs://b'", "line 2: 'store.url' is 'gs://b', and only s3:// and file:// are known"),
    "no scheme": ("[store]\nurl = '/srv/store'", "line 2: 'store.url' is '/srv/store', a directory is written file:///srv/store"),
    "no bucket": ("[store]\nurl = 's3://'", "line 2: 'store.url' is 's3://', which names no bucket"),
    "relative store": ("[store]\nurl = 'file://srv'", "line 2: 'store.url' is 'file://srv', a directory is file:///ABSOLUTE/PATH"),
    "endpoint without scheme": ("[store]\nurl = 's3://b'\nendpoint_url = 'localhost:1'", "line 3: 'store.endpoint_url' is 'localhost:1', which is not http://HOST:PORT"),
    "endpoint without host": ("[store]\nurl = 's3://b'\nendpoint_url = 'http://'", "line 3: 'store.endpoint_url' is 'http://'"),
    "no unit": ("[daemon]\nrelease_deadline = '90'", "line 2: 'daemon.release_deadline': '90' is no duration"),
    "no variable": ("[store]\nurl = 's3://${BUKET}/x'", "line 2: the variable BUKET is not set"),
    "no URL": ("[store]\nurl = 's3://[::1'", "line 2: 'store.url' is 's3://[::1', which is no URL: s3://BUCKET/PREFIX"),
    "of a mount's later issue": (mount("/a") + "[[mounts.collections]]\nname = 'x'", "line 4: unknown key 'mounts[0].collections'"),
    "unknown tables": ("[daemon]\n[[foo]]\nx = 1", "line 2: unknown key 'foo'"),
    "unknown outer table": ("[limits]\n[foo.bar]\nx = 1", "line 2: unknown key 'foo'"),
    "no such mode": (mount("/a") + "[mounts.policy.uploadPolicy]\nuploadMode = 'Zip'", "line 5: 'mounts[0].policy.uploadPolicy.uploadMode': Invalid upload_mode value: Zip. Valid values are: File, Archive"),
    "a flag that is none": (mount("/a") + "[mounts.policy.upload_policy]\n\nauto_upload = 1", "line 6: 'mounts[0].policy.upload_policy.auto_upload' is a number, it must be true or false"),
    "a wildcard": (mount("/a") + "[[mounts.policy.bw_list.white_lists]]\npath = 'src'\n[[mounts.policy.bw_list.white_lists]]\nexclude_paths = [\n  '*.o']", "line 7: 'mounts[0].policy.bw_list.white_lists[1].exclude_paths[0]': Wildcard patterns are not supported in exclude_paths. Got: *.o. Please"),
    "a way up": (mount("/a") + "policy.recyclePolicy.paths = ['a/../..']", "line 4: 'mounts[0].policy.recyclePolicy.paths[0]' is 'a/../..', which has a '..' part"),
    "policy of no kind": (mount("/a") + "policy = 3", "line 4: 'mounts[0].policy' is a number, it must be an object"),
    "policy in JSON": (mount("/a") + """policy = '{"uploadPolicy": {"autoUpload": 1}}'""", "line 4: 'mounts[0].policy.uploadPolicy.autoUpload' is a number"),
    "both spellings": (mount("/a") + "policy.uploadPolicy.autoUpload = true\npolicy.upload_policy.auto_upload = true", "'mounts[0].policy.upload_policy' is there already, as 'uploadPolicy'"),
    "no TOML": ("[store]\nurl = x\n", "Invalid value (at line 2, column 7)"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_file_and_key(read, tmp_path, text, said):
    with pytest.raises(ConfigError) as found:
        read(text)
    assert str(tmp_path / "holdall.toml") in found.value.message
    assert said in found.value.message


def test_a_symlink_does_not_hide_an_overlap(read, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(ConfigError, match="lies inside"):
        read(mount(tmp_path / "real", "a") + mount(tmp_path / "link" / "below", "b"))


def test_variables_stand_for_values(read):
    found = read("[store]\nurl = 's3://${B}/x-${B}'\n" + mount("${D}/p"), B="bkt", D="/data")
    assert found.store.url == "s3://bkt/x-bkt"
    assert found.mounts[0].path == Path("/data/p")


def test_the_environment_overrides(read):
    found = read(
        WHOLE,
        HOLDALL_STORE__URL="file:///elsewhere",
        HOLDALL_LIMITS__WORKERS="3",
        HOLDALL_DAEMON__RELEASE_DEADLINE="5s",
        HOLDALL_MOUNTS__1__IGNORE='["a"]',
        HOLDALL_MOUNTS__1__POLICY__UPLOAD_POLICY__AUTO_UPLOAD="false",
        HOLDALL_MOUNTS__0__POLICY__UPLOAD_POLICY__AUTO_UPLOAD="true",
        HOLDALL_MOUNTS__0__POLICY__DELETE_POLICY__SYNC_LOCAL_FILE="true",
        HOLDALL_MOUNTS__0__POLICY__UPLOAD_POLICY__UPLOAD_MODE="Archive",
        HOLDALL_MOUNTS__0__POLICY__BW_LIST__WHITE_LISTS__0__PATH="2026",
        HOLDALL_MOUNTS__2__POLICY='{"downloadPolicy": {"autoDownload": false}}',
        HOLDALL_MOUNTS__2__CONTEXT="12",
        HOLDALL_MOUNTS__2__PATH="/third",
        HOLDALL_SOCKET="/none/of/its/business",
    )
    assert (found.store.url, found.store.region) == ("file:///elsewhere", "us-east-1")
    assert (found.limits.workers, found.release_deadline_s) == (3, 5)
    assert found.mounts[1].ignore == ("a",)
    assert not found.mounts[1].policy.auto_upload
    assert found.mounts[0].policy == Effective(upload_mode=UploadMode.ARCHIVE, white_lists=(White("2026"),))
    assert found.mounts[2].policy == Effective(auto_download=False)
    assert (found.mounts[2].context, found.mounts[2].path) == ("12", Path("/third"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HOLDALL_STORE__ULR", "x", "HOLDALL_STORE__ULR: unknown key 'store.ulr'; did you mean 'url'?"),
        ("HOLDALL_LIMITS__WORKERS", "many", "HOLDALL_LIMITS__WORKERS: 'limits.workers' is a string"),
        ("HOLDALL_MOUNTS__5__PATH", "/x", "HOLDALL_MOUNTS__5__PATH: there is no place 5 in this list"),
        ("HOLDALL_STORE__URL", "x", "HOLDALL_STORE__URL: 'store.url' is 'x'"),
        (
            "HOLDALL_MOUNTS__0__POLICY__UPLOAD_POLICY__AUTO_UPLOAD",
            "yes",
            "UPLOAD_POLICY__AUTO_UPLOAD: 'mounts[0].policy.upload_policy.auto_upload' is a string, it must be true or false",
        ),
        (
            "HOLDALL_MOUNTS__0__POLICY__UPLOAD_POLCY__AUTO_UPLOAD",
            "true",
            "UPLOAD_POLCY__AUTO_UPLOAD: unknown key 'mounts[0].policy.upload_polcy'; did you mean 'upload_policy'?",
        ),
    ],
)
def test_a_fault_of_the_environment_names_the_variable(read, name, value, said):
    with pytest.raises(ConfigError) as found:
        read(mount("/a") if "MOUNTS__0" in name else "", **{name: value})
    assert said in found.value.message


def test_without_a_file_the_environment_alone(tmp_path):
    home = {"HOME": str(tmp_path)}
    assert load(None, home) == Settings()
    alone = load(None, home | {"HOLDALL_STORE__URL": "s3://b/p", "HOLDALL_STORE__REGION": "x"})
    assert alone.store == StoreSettings("s3://b/p", region="x")
    with pytest.raises(ConfigError, match=r"HOLDALL_STORE__URL: 'store\.url' is 'b'"):
        load(None, home | {"HOLDALL_STORE__URL": "b"})
    with pytest.raises(ConfigError, match="HOLDALL_STORE__REGION is set, and no store is named") as found:
        load(None, home | {"HOLDALL_STORE__REGION": "x"})
    assert "--store s3://BUCKET/PREFIX or HOLDALL_STORE__URL" in found.value.hint
    with pytest.raises(ConfigError, match=r"HOLDALL_STORE__ENDPOINT_URL: 'store\.endpoint_url' is 'h:1'"):
        load(None, home | {"HOLDALL_STORE__URL": "s3://b", "HOLDALL_STORE__ENDPOINT_URL": "h:1"})


def test_a_store_on_the_command_line_goes_with_what_else_is_said_of_it(read, tmp_path):
    endpoint = {"HOLDALL_STORE__ENDPOINT_URL": "http://e"}
    alone = load(None, {"HOME": str(tmp_path), **endpoint}, store="s3://b/p")
    assert alone.store == StoreSettings("s3://b/p", "http://e")
    read(WHOLE)
    found = load(tmp_path / "holdall.toml", {"HOLDALL_STORE__URL": "s3://no", **endpoint}, store="s3://b/p")
    assert found.store == StoreSettings("s3://b/p", "http://e", "us-east-1", "work")
    with pytest.raises(ConfigError, match=r"--store is 'gs://x', and only s3:// and file:// are known"):
        load(None, {}, store="gs://x")


def test_which_file(tmp_path):
    usual = tmp_path / ".config/holdall/holdall.toml"
    usual.parent.mkdir(parents=True)
    usual.write_text("[limits]\nworkers = 1")
    named = tmp_path / "named.toml"
    named.write_text("[limits]\nworkers = 2")
    home = {"HOME": str(tmp_path)}
    assert load(None, home).limits.workers == 1
    assert load(None, home | {"HOLDALL_CONFIG": str(named)}).limits.workers == 2
    with pytest.raises(ConfigError, match=r"gone\.toml cannot be read: No such file"):
        load(None, home | {"HOLDALL_CONFIG": str(tmp_path / "gone.toml")})
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, home)
