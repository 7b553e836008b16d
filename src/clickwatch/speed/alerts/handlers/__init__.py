"""The ways out for messages, alerts and summaries of days, one strategy each: `AlertHandler`.

Comes in: a message and its stable delivery id. Goes out: the message, somewhere that people look; or a
DeliveryError, and the dispatcher tries again later.
"""
