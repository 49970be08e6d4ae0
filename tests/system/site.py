"""Several machines, one bucket; and how two trees are compared."""

import hashlib
import os
import stat
from pathlib import Path

from tests.daemon.machine import Machine


class Site:
    def __init__(self, server, bucket):
        self.server = server
        self.bucket = bucket
        self._machines = []
        server.make_bucket(bucket)

    def machine(self, *, endpoint=None):
        """A machine whose configuration names the bucket."""
        machine = Machine()
        self._machines.append(machine)
        machine.env |= self.server.environment
        file = machine.config(
            f'[store]\nurl = "s3://{self.bucket}/contexts"\n'
            f'endpoint_url = "{endpoint or self.server.url}"\nregion = "us-east-1"\n'
        )
        machine.env["HOLDALL_CONFIG"] = str(file)
        return machine

    def mounted(self, name="project", *, context="project"):
        """A machine with a daemon and one mount; the machine and the directory."""
        machine = self.machine()
        directory = machine.directory(name)
        machine.daemon()
        machine.holdall("mount", directory, "--context", context)
        return machine, directory

    def keys(self, context, part="files/"):
        prefix = f"contexts/{context}/{part}"
        pages = (
            self.server.client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        )
        return {item["Key"].removeprefix(prefix) for page in pages for item in page.get("Contents", ())}

    def close(self):
        for machine in self._machines:
            machine.close()


def tree(root):
    """path -> what must be equal on the other machine: kind, permissions, mtime of files, bytes, a symlink's target."""
    found = {}
    for folder, directories, files in os.walk(root):
        for name in directories + files:
            path = Path(folder) / name
            info = path.lstat()
            mode = stat.S_IMODE(info.st_mode)
            if stat.S_ISLNK(info.st_mode):
                row = ("symlink", str(path.readlink()))
            elif stat.S_ISDIR(info.st_mode):
                row = ("directory", mode)
            else:
                row = ("file", mode, info.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
            found[path.relative_to(root).as_posix()] = row
    return found


def differences(one, other):
    """A few paths that differ, for a failure's message."""
    mine, theirs = tree(one), tree(other)
    return [
        (path, mine.get(path), theirs.get(path))
        for path in sorted({*mine, *theirs})
        if mine.get(path) != theirs.get(path)
    ][:5]
