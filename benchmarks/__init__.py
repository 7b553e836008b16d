"""Measurements, never tests: each prints what it saw on the machine at hand, medians over several runs."""
