"""Claims that were written for training and evaluation: see README.md."""
