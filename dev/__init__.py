"""What developing and testing need beside clickwatch itself: a real Kafka broker on this machine, without Docker.

Comes in: Java, Maven and `kafka.xml`, which names the broker's version. Goes out: a broker on free ports of 127.0.0.1
with its data in a folder that the caller gives. Used by the tests, the benchmarks and `make broker` alike.
"""
