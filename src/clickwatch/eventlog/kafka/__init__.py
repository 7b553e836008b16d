"""The log as a topic of Apache Kafka: what the distributed mode uses.

Comes in: newline-terminated records with their keys. Goes out: the records in blocks, as from the local log. Needs the
extra `kafka`; `client.py` alone imports its library, and nothing outside this room knows it.
"""
