"""One mount: a machine of events and effects, and the hands that carry the effects out.

words      what passes between the two: the list of all that can happen to a mount
mount      the machine; its parts are lookout (where to look next), inflight (what is under way), removals (deletions and the
           guard), lastlook (what they pass before), barriers (who waits for what), findings, health, chores, alarm; pace and
           view beside it
hands      who carries out which effect: survey with sight, nested, bundles, graves, past and aftermath; uploads; downloads with
           aside and shut; upkeep and audit
ledger     what a mount remembers between starts; tables has its statements, rows its columns, state_file opens what can be opened
runner     the machine on a thread of its own, its effects on a pool
"""
