"""The runtime that runs a model in TensorFlow Lite Micro with CMSIS-NN."""
