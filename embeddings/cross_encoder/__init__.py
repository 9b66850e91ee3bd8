"""Read a claim and a statement together: the trained cross-encoder in ONNX Runtime."""
