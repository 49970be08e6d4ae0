"""A context in an address. It may have slashes in its name, so it is a whole path there; what is asked of it comes last.

One that an earlier holdall made may have a line break in it, and is to be reached all the same.
"""

from typing import Final

from starlette.convertors import PathConvertor, register_url_convertor

ONE: Final = "/{context:context}"


class _Context(PathConvertor):
    regex = "(?s:.*)"


register_url_convertor("context", _Context())
