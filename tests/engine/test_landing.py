"""What a user does in the very moment in which something arrives."""

from tests.engine.by_clock import World

from holdall.engine.words import Until
from holdall.local.memory import MemoryDisk
from holdall.store.base import Capabilities


class Snatching(MemoryDisk):
    """Its user puts a file in the place of a directory as soon as that is made."""

    def make_dir(self, path, mode):
        super().make_dir(path, mode)
        self.delete(path)
        self.write(path, b"a user's")


def test_a_file_that_took_the_place_of_a_directory_is_news():
    world = World(Capabilities())
    one, two = (world.machine(name) for name in ("one", "two"))
    two.disk = Snatching(lambda: int(world.now * 1e9), on_event=two.touched)
    two.boot()
    one.disk.mkdir("k")
    one.flush()
    world.pass_time(30)
    two.flush()
    one.flush(Until.SYNCED)
    assert one.disk.files() == two.disk.files() == {"k": b"a user's"}
