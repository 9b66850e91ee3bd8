"""Make the ONNX models and the shipped weights from the bundled model (needs torch)."""
