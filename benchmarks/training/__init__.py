"""Scripts that make the learned numbers the project ships."""
