"""Alerts: from the windows of an epoch to messages that reach people.

Comes in: the store's windows, touched or closed by an epoch. Goes out: alert and episode rows and an outbox of
messages, all in the epoch's transaction, so that they are never ahead of the windows or behind them; and, in a
thread for each handler, deliveries. `lifecycle.py` is called by the engine, `dispatch.py` sends,
`reading.py` lists.
"""
