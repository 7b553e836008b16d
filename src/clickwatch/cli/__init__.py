"""The commands: one module per group, each a thin layer of words over the wiring.

Comes in: arguments. Goes out: text for people, JSON lines for programs, an exit code that tells the truth.
"""
