"""One machine whose daemon all tests of a file share."""

import shutil
import urllib.request

from tests.daemon.machine import Machine

from holdall import Client
from holdall.api.client import Client as Wire, of_mount


class Desk(Machine):
    def __init__(self):
        super().__init__()
        self.daemon()
        self.client = Client(socket=self.socket)

    def clean(self):
        """Nothing in the store, nothing mounted, no directories."""
        wire = Wire(self.socket)
        for one in wire.mounts():
            wire.post(of_mount(one["context"], "unmount"), {"discard": True}, waits=True)
        for one in self.client.context.list(max_results=1000).contexts:
            done = self.client.context.delete(one)
            assert done.success, done.error_message
        for folder in self.home.glob("[!.]*/"):
            if folder.name != "run":
                shutil.rmtree(folder)

    def remove(self, name):
        shutil.rmtree(self.home / name)

    def named(self, name, **files):
        """The id of a new context with these files in it."""
        made = self.client.context.create(name)
        assert made.success, made.error_message
        for path, text in files.items():
            self.put(made.context_id, path, text)
        return made.context_id

    def put(self, context, path, text):
        url = self.client.context.get_file_upload_url(context, path).url
        with urllib.request.urlopen(urllib.request.Request(url, data=text.encode(), method="PUT")) as reply:
            return reply.status

    def read(self, context, path):
        with urllib.request.urlopen(self.client.context.get_file_download_url(context, path).url) as reply:
            return reply.read().decode()
