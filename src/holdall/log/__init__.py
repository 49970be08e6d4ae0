"""The commit log and the objects it speaks of, over any store: the rules of the store protocol.

layout     where things lie in the bucket
codec      commits and checkpoints as bytes
commits    read, append, checkpoint: the numbers
objects    a version's bytes: place, fetch, retain, mend
adoption   what other tools did to `files/`
history    earlier commits, and what they held
pruning    what is old enough to go
"""
