"""What base.py promises of a reader that vouches: an unmoved stamp means unmoved bytes."""

from tests.local.asking import content, seen
from tests.local.hooks import Hooks


class ReadingContract(Hooks):
    def test_a_file_at_rest_is_vouched_for(self, disk, user):
        user.write("a", b"1")
        reader = disk.open("a")
        assert reader.vouch() == seen(disk, "a").stamp
        reader.close()

    def test_what_is_written_after_that_shows(self, disk, user):
        for number in range(20):
            user.write("a", b"%02d" % number)
            reader = disk.open("a")
            stamp = reader.vouch()
            data = reader.read(0, 10)
            user.write("a", b"xx")
            assert data == b"%02d" % number
            assert reader.moved()
            assert seen(disk, "a").stamp != stamp
            reader.close()

    def test_what_is_stored_in_a_mapping_shows_or_is_not_vouched_for(self, disk, user):
        user.write("a", b"0000")
        with user.mapped("a") as store:
            for number in range(1, 5):
                store(b"%04d" % number)
                reader = disk.open("a")
                stamp = reader.vouch()
                assert reader.read(0, 10) == b"%04d" % number
                reader.close()
                store(b"xxxx")
                assert stamp is None or seen(disk, "a").stamp != stamp
                assert content(disk, "a") == b"xxxx"

    def test_once_the_mapping_is_gone_it_is_vouched_for(self, disk, user):
        user.write("a", b"0000")
        with user.mapped("a") as store:
            store(b"1111")
        reader = disk.open("a")
        assert reader.vouch() == reader.stamp
        reader.close()
