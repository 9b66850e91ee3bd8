"""How good the answers are on labelled data: what is measured, read, reported and drawn."""
