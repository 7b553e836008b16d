"""The reports of a day: the same results always give the same bytes, and a set of reports appears as one.

Comes in: the figures of a day. Goes out: CSV tables for programs and spreadsheets, a summary to be mailed, and a page
to be looked at and printed. `factory.py` knows them all, `publication.py` puts a set in place.
"""
