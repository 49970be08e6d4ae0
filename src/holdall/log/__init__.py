"""The commit log and the objects it speaks of, over any store: the rules of the store protocol.

layout     where things lie in the bucket
codec      commits and checkpoints as bytes
fields     JSON from the store, and fields of the kind they should be
commits    read, append, checkpoint: the numbers
lease      who may write, where the store ignores conditions
objects    a version's bytes: place, fetch, retain, mend
history    earlier commits, and what they held
reading    one version's bytes, wherever they lie now
pruning    what is old enough to go
verify     log and store compared (verify_log: the log by itself; findings: what both say)
ahead      a few results ahead of their use
"""
