"""The only place that turns settings into adapters and puts the parts of the pipeline together.

Comes in: `AppSettings`. Goes out: a log, a store, an archive, a pipeline ready to run. Commands call it; nothing
below it knows of settings.
"""
