"""Policies of every kind, made by hypothesis."""

from hypothesis import strategies as st

import holdall

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0*?[]"), max_size=8)
paths = names.filter(lambda one: ".." not in one.replace("\\", "/").split("/"))
path_lists = st.lists(paths, max_size=3)
patterns = st.sampled_from(["", ".*", "a|b", "src/[a-z]+", "x{2}", "(?i)read"])

uploads = st.builds(
    holdall.UploadPolicy,
    auto_upload=st.booleans(),
    upload_mode=st.sampled_from(holdall.UploadMode),
    archive_exclude_paths=path_lists,
)
extracts = st.builds(holdall.ExtractPolicy, st.booleans(), st.booleans(), st.booleans())
recycles = st.builds(holdall.RecyclePolicy, st.sampled_from(holdall.Lifecycle), path_lists)
white_lists = st.one_of(
    st.builds(holdall.WhiteList, paths, path_lists),
    st.builds(holdall.WhiteList, patterns, path_lists, is_path_regex=st.just(value=True)),
    st.builds(holdall.WhiteList, paths, st.lists(patterns, max_size=2), is_exclude_regex=st.just(value=True)),
)
lists = st.builds(holdall.BWList, st.lists(white_lists, max_size=3))
sync_policies = st.builds(
    holdall.SyncPolicy,
    st.none() | uploads,
    st.none() | st.builds(holdall.DownloadPolicy, st.booleans()),
    st.none() | st.builds(holdall.DeletePolicy, st.booleans()),
    st.none() | extracts,
    st.none() | recycles,
    st.none() | lists,
    st.none() | st.builds(holdall.MappingPolicy, paths),
)
context_syncs = st.builds(
    holdall.ContextSync, st.none() | names.filter(bool), st.none() | paths, st.none() | sync_policies
)
