"""Files and folders: how they survive a crash, and what the operating system refuses, said for an operator.

Comes in: paths and bytes. Goes out: files that are there whole or not at all, and StorageErrors with the cure.
"""
