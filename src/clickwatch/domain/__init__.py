"""The words of the shop and of event time: pure values and rules, no input or output, no clock.

Comes in: bytes, numbers and times as integers (µs since the Unix epoch, UTC). Goes out: verdicts, windows,
alert decisions. Everything here can be read and tested without any other room of the house.
"""
