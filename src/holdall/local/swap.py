"""Putting a staged file where a user's file is, or taking one away, so that no save is lost on the way.

Compare, move, compare what was moved aside. RACE: a save between the compare and the move is found in the displaced file, and
the move is undone. A process that has the file open for writing could go on writing into the displaced one: the lease says so.
"""

import os
import secrets

from holdall.errors import Moved
from holdall.keys import STAGED_PREFIX
from holdall.local.compare import same_file, unmoved
from holdall.local.lease import Lease
from holdall.local.rename import exchange, move
from holdall.local.root import Place
from holdall.local.seen import see
from holdall.model import Seen, SeenAs


def token(claim: str = "") -> str:
    """A new staged name, with the claim of who is at work."""
    return f"{STAGED_PREFIX}{claim and f'{claim}-'}{secrets.token_hex(8)}"


def take(at: Place, expected: Seen, claim: str = "") -> str:
    """Move what is at the place to a new staged name beside it; the path of that."""
    aside = token(claim)
    with Lease(at.dir_fd, at.name, at.path) as lease:
        need(at, expected)
        move(at.dir_fd, at.name, at.dir_fd, aside)
        if same_file(expected, see(at.dir_fd, aside, at.path)) and not lease.wanted():
            return at.beside(aside)
        # RACE: the user may have saved a new file there since. What was taken then stays under the staged name, for the next
        # scan to report.
        move(at.dir_fd, aside, at.dir_fd, at.name)
        raise Moved("changed just now", path=at.path)


def replace(at: Place, staged: Place, expected: Seen) -> str:
    """Exchange the staged file with what is at the place; the staged path where that is now."""
    ours = see(staged.dir_fd, staged.name, at.path)
    if ours.what is SeenAs.ABSENT:
        raise Moved("the staged file is gone", path=staged.path)
    with Lease(at.dir_fd, at.name, at.path) as lease:
        need(at, expected)
        if not exchange(staged.dir_fd, staged.name, at.dir_fd, at.name):
            lease.close()
            return _replace_in_two_steps(at, staged, expected)
        if same_file(expected, see(staged.dir_fd, staged.name, at.path)) and not lease.wanted():
            return staged.path
        _undo(at, staged, ours)
        raise Moved("changed just now", path=at.path)


def need(at: Place, expected: Seen) -> None:
    if not unmoved(expected, see(at.dir_fd, at.name, at.path)):
        raise Moved("changed since it was looked at", path=at.path)
    if expected.what not in {SeenAs.FILE, SeenAs.SYMLINK}:
        raise Moved("is no file that could be moved aside", path=at.path)


def _undo(at: Place, staged: Place, ours: Seen) -> None:
    exchange(staged.dir_fd, staged.name, at.dir_fd, at.name)
    if same_file(ours, see(staged.dir_fd, staged.name, at.path)):
        return
    # RACE: the user saved once more, over the file that had just been put there. Theirs goes back, and the save before it to a
    # staged name that nobody drops: the next scan reports it.
    exchange(staged.dir_fd, staged.name, at.dir_fd, at.name)
    move(staged.dir_fd, staged.name, staged.dir_fd, token())


def _replace_in_two_steps(at: Place, staged: Place, expected: Seen) -> str:
    """Without an exchange the path is empty for a moment; nothing is overwritten all the same."""
    aside = take(at, expected)
    try:
        move(staged.dir_fd, staged.name, at.dir_fd, at.name)
    except FileExistsError as exc:
        raise Moved("saved anew just now", path=at.path) from exc
    return aside


def put(at: Place, staged: Place) -> None:
    """Where nothing may be."""
    try:
        os.lstat(staged.name, dir_fd=staged.dir_fd)
    except FileNotFoundError as exc:
        raise Moved("the staged file is gone", path=staged.path) from exc
    move(staged.dir_fd, staged.name, at.dir_fd, at.name)
