"""What is wrong with a policy, and where in it."""

from collections.abc import Callable, Mapping

from holdall.errors import BadPolicy

Place = tuple[str | int, ...]
"""A field's way from the top: names, and numbers in lists."""


def dotted(place: Place) -> str:
    """`mounts[0].policy`."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class Misfit(BadPolicy):
    """A value that its field does not take.

    place  of the field in what was given, each name as it is spelled there
    says   the sentence, given the field's name
    fixed  the sentence is the same wherever the field stands
    """

    def __init__(self, place: Place, says: Callable[[str], str], *, fixed: bool = False) -> None:
        field = dotted(place)
        super().__init__(says(field), hint=f"it stands in '{field}'" if fixed else None)
        self.place = place
        self.fixed = fixed
        self._says = says

    @property
    def with_field(self) -> str:
        """The sentence, with the field named in any case."""
        return f"'{dotted(self.place)}': {self.message}" if self.fixed else self.message

    def under(self, place: Place, spelled: Mapping[str, str]) -> "Misfit":
        """The same of a document that has this policy at `place`, and its fields by these names."""
        field, *inside = self.place
        name = spelled.get(field, field) if isinstance(field, str) else field
        return Misfit((*place, name, *inside), self._says, fixed=self.fixed)


def unfit(place: Place, what: str) -> Misfit:
    """`'autoUpload' is …`; of the document as a whole, `it is …`."""
    return Misfit(place, lambda field: f"'{field}' {what}" if field else f"it {what}")


def fixed(place: Place, sentence: str) -> Misfit:
    return Misfit(place, lambda _: sentence, fixed=True)
