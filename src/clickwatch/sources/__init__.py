"""Where events come from: synthetic shoppers, and data sets replayed.

Comes in: a plan of traffic and a seed, or a file (plain, gzipped, standard input) in a known format. Goes out:
batches of newline-terminated records in order, each with its key and its time, and from there onto the log,
at full speed or paced. Clocks, sleeping and seeds are passed in.
"""
