"""Encode texts: the bundled model in ONNX Runtime, or any of sentence-transformers."""
