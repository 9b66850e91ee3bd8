"""Check one claim: retrieve statements, judge them, and decide the outcome."""
