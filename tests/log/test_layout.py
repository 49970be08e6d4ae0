"""Names in the store."""

from hypothesis import given, strategies as st

from holdall.log.layout import file_key, log_key, number_of, prefix_of, trash_key
from holdall.store.directory_records import SHADOW

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)


@given(NAMES, NAMES)
def test_no_context_lies_in_another(one, other):
    here, there = prefix_of(one), prefix_of(other)
    assert one == other or not (here.startswith(there) or there.startswith(here))


@given(NAMES)
def test_a_context_is_one_directory_that_can_be_seen(name):
    folder = prefix_of(name).removesuffix("/")
    assert folder
    assert "/" not in folder
    assert not folder.startswith(".")


def test_no_context_is_what_a_directory_store_keeps_beside_its_objects():
    assert prefix_of(SHADOW) != f"{SHADOW}/"


def test_what_stays_readable():
    assert prefix_of("my project+1 (old)") == "my project+1 (old)/"
    assert prefix_of("a/b%") == "a%2Fb%25/"


def test_a_number_is_read_from_its_key_and_from_no_other():
    assert number_of(log_key(12)) == 12
    assert number_of("log/12") is None
    assert file_key("d/p") == "files/d/p"
    assert trash_key("u1", "d/p") == "trash/u1/d/p"
