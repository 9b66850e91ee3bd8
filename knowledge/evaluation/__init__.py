"""Evaluate answers on labelled data: measure, report and draw."""
