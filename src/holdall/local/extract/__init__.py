"""Users' archives, read member by member and checked on the way: nothing here writes, and nobody else's extractor is used.

An archive is refused as a whole, so whoever reads one keeps what it gives apart until `members` has come to its end: only then
is every checksum compared, and nothing left unread behind the last member.
"""
