"""Traffic with a known truth: what a shop's log looks like on a bad day, with every number known beforehand.

Comes in: a plan, a seed, and the rules under which the log will be read. Goes out: the lines of a log, and what any
pipeline has to make of them. The truth is told from what was put in, never from what was read: each record is made
to be one thing (on time, late, a copy, broken in one way), and its verdict is written down beside it as it is made.
Nothing of the pipeline is asked: not the judge, not the windows, not the reference. What is late hangs on how far
event time had come in a partition, and that is the generator's own choice; log times play no part, because all of
the traffic lies in the past when it is put onto the log.
"""
