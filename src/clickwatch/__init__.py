"""clickwatch: one pipeline from a shop's clicks to windows, alerts and the archive."""
