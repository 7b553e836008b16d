"""What the shop owes to people: data goes when its time is over.

Works on all places that hold data; knows nothing of settings and commands.
"""
