"""Data that is as old as a test wants it: a commit says that its bytes were put long ago."""

from holdall.log.codec import Change, Commit
from holdall.log.commits import CommitLog, NumberTaken
from holdall.log.history import History

_DAY_MS = 86_400_000


def age(store, days, *paths):
    """`store` is the context's part."""
    log = CommitLog(store)
    while True:
        seq = History(log).head() + 1
        tree = dict(History(log).tree(seq - 1))
        changes = tuple(
            Change(path, tree[path]._replace(uploaded_at=tree[path].uploaded_at - days * _DAY_MS))
            for path in paths
        )
        try:
            log.append(Commit(f"aged {seq}", seq, int(store.now() * 1000), "test", changes))
        except NumberTaken:
            continue
        return
