"""Things that users do, by the dice. Nothing here breaks a file system's own rules: no file above another."""

from holdall.local.names import is_staged
from holdall.model import SeenAs
from holdall.rules.directions import SyncType

NAMES = ("a", "b", "d/x", "d/y", "d/e/z")
NEW_NAMES = (*NAMES, "moved", "d/moved")
LINKS = ("l", "d/l")
KINDS = ("k", "k/x", "k/x/y")
"""Now a file, now a directory."""
FOLDERS = ("d", "d/e", "g", "g/h", "d/g")
FILE_MODES = (0o600, 0o644, 0o755)
FOLDER_MODES = (0o700, 0o750, 0o755)


def act(world, machine, number):
    """One thing that a user does; now and then there is nothing to do it with."""
    dice = world.dice
    deeds, weights = zip(*DEEDS.items(), strict=True)
    deed = dice.choices(deeds, weights)[0]
    deed(world, machine, f"{machine.name}-{number}")


def write(world, machine, content):
    path = world.dice.choice((*NAMES, *LINKS) if world.dice.random() < 0.1 else NAMES)
    if _free_for_file(machine.disk, path):
        world.chronicle.write(machine, path, content.encode())


def link(world, machine, target):
    path = world.dice.choice(LINKS)
    if _free_for_file(machine.disk, path):
        world.chronicle.link(machine, path, target)


def delete(world, machine, _content):
    there = [*_files(machine.disk), *_folders(machine.disk)]
    if there:
        world.chronicle.delete(machine, world.dice.choice(there))


def move(world, machine, _content):
    there = _files(machine.disk)
    if there:
        source, target = world.dice.choice(there), world.dice.choice(NEW_NAMES)
        is_link = machine.disk.tree.nodes[source].what is SeenAs.SYMLINK
        target = f"{target}.l" if is_link else target
        if source != target and _free_for_file(machine.disk, target):
            world.chronicle.move(machine, source, target)


def move_folder(world, machine, _content):
    there = _folders(machine.disk)
    if there:
        source, target = world.dice.choice(there), world.dice.choice(FOLDERS)
        inside = f"{target}/".startswith(f"{source}/")
        if not inside and target not in machine.disk.tree.nodes and _free_for_file(machine.disk, target):
            world.chronicle.move(machine, source, target)


def make_folder(world, machine, _content):
    path = world.dice.choice(FOLDERS)
    if path not in machine.disk.tree.nodes and _free_for_file(machine.disk, path):
        world.chronicle.mkdir(machine, path)


def chmod(world, machine, _content):
    disk = machine.disk
    there = [path for path in _files(disk) if disk.tree.nodes[path].what is SeenAs.FILE]
    if there and world.dice.random() < 0.7:
        world.chronicle.chmod(machine, world.dice.choice(there), world.dice.choice(FILE_MODES))
    elif folders := _folders(disk):
        world.chronicle.chmod(machine, world.dice.choice(folders), world.dice.choice(FOLDER_MODES))


def change_kind(world, machine, content):
    """Something new at a path, whatever was in the way.

    Not beside an archive: a file and a directory of one name cannot both be kept on it.
    """
    if any(one.sync is SyncType.ARCH for one in world.machines):
        return
    path = world.dice.choice(KINDS)
    nodes = machine.disk.tree.nodes
    for up in [*above(path), path]:
        if up in nodes and (nodes[up].what is SeenAs.DIR) == (up == path):
            world.chronicle.delete(machine, up)
    world.chronicle.write(machine, path, content.encode())


DEEDS = {write: 45, delete: 16, move: 14, move_folder: 6, chmod: 8, link: 6, make_folder: 5, change_kind: 8}


def _files(disk):
    """And symlinks."""
    nodes = disk.tree.nodes.items()
    return sorted(path for path, node in nodes if node.what is not SeenAs.DIR and not is_staged(path))


def _folders(disk):
    return sorted(path for path, node in disk.tree.nodes.items() if node.what is SeenAs.DIR)


def _free_for_file(disk, path):
    """No directory is there, and nothing but directories above."""
    nodes = disk.tree.nodes
    if path in nodes and nodes[path].what is SeenAs.DIR:
        return False
    return all(up not in nodes or nodes[up].what is SeenAs.DIR for up in above(path))


def above(path):
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]
