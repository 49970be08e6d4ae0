"""A daemon that nobody can speak to any more."""

import os
import sys


def test_it_releases_all_and_ends(machine):
    """The HTTP face ends by a defect."""
    machine.directory("a", one="1")
    file = machine.config(f'[[mounts]]\ncontext = "a"\npath = "{machine.home}/a"\n')
    machine.directory("broken", **{"uvicorn.py": "raise RuntimeError('broken')\n"})
    daemon = machine.daemon(file, PYTHONPATH=os.pathsep.join([str(machine.home / "broken"), *sys.path]))
    assert daemon.wait(30) == 1
    assert "http ended by a defect" in machine.log
    assert "a: released: complete" in machine.log
    assert "holdall: nothing answered on the socket any more: all is released\n" in machine.log
    assert machine.objects("a") == {"one": "1"}
    assert not machine.socket.exists()
