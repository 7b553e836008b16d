"""The batch layer: what happened on one UTC day, from the archive, late events included.

Comes in: a day, the archive's files of it, and the cut (the last epoch that counts). Goes out: figures as tables,
reports as files that are there whole or not at all, and a view of the day in the store. Each figure is defined once, in
`queries/`, in the SQL that every engine speaks. Running a day again changes nothing.
"""
