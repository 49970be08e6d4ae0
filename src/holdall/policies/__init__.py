"""What may go where, when and for how long: the policies of a mount, as people write them, checked whenever they change.

`sync_policy` holds all of them; `effective` is what they come to, for those who act on them.
"""
