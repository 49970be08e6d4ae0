"""Prints what an SDK writes for a policy: `python tests/policies/record.py agb > tests/policies/agbcloud-sdk.json`.

For an environment that has the SDK (`agb` of agbcloud-sdk, `agentbay` of wuying-agentbay-sdk); holdall needs neither.
"""

import json
import sys
from importlib import import_module
from importlib.metadata import version

SOURCES = {
    "agb": ("agbcloud-sdk", "agb.context_sync", "agb.api.models.create_session_request"),
    "agentbay": ("wuying-agentbay-sdk", "agentbay._common.params.context_sync", "agentbay.api.models"),
}


def cases(sdk):
    """Name -> policy. What an SDK has no word for is left out of its file."""
    yield "default", sdk.SyncPolicy
    yield (
        "full",
        lambda: sdk.SyncPolicy(
            upload_policy=sdk.UploadPolicy(
                False, sdk.UploadStrategy.UPLOAD_BEFORE_RESOURCE_RELEASE, sdk.UploadMode.ARCHIVE
            ),
            download_policy=sdk.DownloadPolicy(False, sdk.DownloadStrategy.DOWNLOAD_ASYNC),
            delete_policy=sdk.DeletePolicy(False),
            extract_policy=sdk.ExtractPolicy(True, False, True),
            recycle_policy=sdk.RecyclePolicy(sdk.Lifecycle.LIFECYCLE_30DAYS, ["cache", "tmp/ü"]),
            bw_list=sdk.BWList([sdk.WhiteList("/src", ["node_modules"]), sdk.WhiteList("docs")]),
            mapping_policy=sdk.MappingPolicy("C:\\Users\\me\\work"),
        ),
    )
    yield (
        "of a mount",
        lambda: sdk.SyncPolicy(
            upload_policy=sdk.UploadPolicy(auto_upload=False),
            delete_policy=sdk.DeletePolicy(sync_local_file=False),
            extract_policy=sdk.ExtractPolicy(extract=False),
            recycle_policy=sdk.RecyclePolicy(sdk.Lifecycle.LIFECYCLE_30DAYS, ["cache"]),
            bw_list=sdk.BWList([sdk.WhiteList("/src", ["src/tmp"])]),
        ),
    )
    for one in sdk.Lifecycle:
        yield one.value, lambda one=one: sdk.SyncPolicy(recycle_policy=sdk.RecyclePolicy(one))
    yield "no extraction", lambda: sdk.SyncPolicy(extract_policy=sdk.ExtractPolicy(extract=False))
    yield "nothing listed", lambda: sdk.SyncPolicy(bw_list=sdk.BWList([]))
    yield "everything listed", lambda: sdk.SyncPolicy(bw_list=sdk.BWList([sdk.WhiteList("")]))
    yield "nothing recycled", lambda: sdk.SyncPolicy(recycle_policy=sdk.RecyclePolicy(paths=[]))
    yield "no mapping", lambda: sdk.SyncPolicy(mapping_policy=sdk.MappingPolicy.default())
    yield (
        "excluded from packs",
        lambda: sdk.SyncPolicy(
            sdk.UploadPolicy(upload_mode=sdk.UploadMode.ARCHIVE, archive_exclude_paths=["logs", "a/b"])
        ),
    )
    yield "excluded in vain", lambda: sdk.SyncPolicy(sdk.UploadPolicy(archive_exclude_paths=["logs"]))
    yield (
        "expressions",
        lambda: sdk.SyncPolicy(
            bw_list=sdk.BWList([sdk.WhiteList("src/.*[.]py", ["src/(test|doc)s?/"], True, True)])
        ),
    )


def main(name):
    package, module, requests = SOURCES[name]
    sdk = import_module(module)
    found = {}
    for case, make in cases(sdk):
        try:
            policy = make()
        except TypeError:
            continue
        found[case] = policy.to_dict() if hasattr(policy, "to_dict") else policy.__dict__()
    part = import_module(requests).CreateMcpSessionRequestPersistenceDataList
    text = json.dumps(found["of a mount"], ensure_ascii=False)
    whole = part(context_id="SdkCtx-1", path="/home/wuying/work", policy=text)
    context = whole.to_dict() if hasattr(whole, "to_dict") else whole.to_map()
    rows = [f"  {line(case)}: {line(policy)}" for case, policy in found.items()]
    print(f'{{"printed by": {line(f"{package} {version(package)}")},')
    print(f'"context": {line(context)},')
    print('"policies": {', ",\n".join(rows), "}}", sep="\n")


def line(value):
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
