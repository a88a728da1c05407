"""What a file that is no .tflite file looks like, and what to do with it."""

from __future__ import annotations

from mcugen.errors import InputRejected

KERAS_HINT = "convert it with tf.lite.TFLiteConverter.from_keras_model"

SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "a Keras HDF5 model (.h5)", KERAS_HINT),
    (b"\x7fELF", "an ELF program", "give the .tflite file that it was made from"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"\x93NUMPY", "a NumPy array (.npy)", "give the model here and the array as --input"),
    (b"version https://git-lfs", "a Git LFS pointer", "fetch the file itself: git lfs pull"),
    (b"<", "a web page", "download the raw file, not the page that shows it"),
    (b"{", "JSON", "give the .tflite file itself"),
    (b"\x80\x02", "a Python pickle, perhaps a PyTorch model", "export the model to .tflite"),
)
"""First bytes, what has them, and what to do."""

ARCHIVES: tuple[tuple[bytes, str, str], ...] = (
    (b"model.weights.h5", "a Keras model (.keras)", KERAS_HINT),
    (b"data.pkl", "a PyTorch model", "convert it with ai-edge-torch"),
    (b".npy", "a NumPy archive (.npz)", "give the model here and the archive as --input"),
    (b".tflite", "a zip archive with a .tflite file in it", "unpack it first"),
)
"""Text in a zip archive, what it tells, and what to do."""

EXPORT_HINT = "give a model that a TensorFlow Lite converter wrote"


def check_identifier(data: bytes) -> None:
    """Raises InputRejected unless `data` starts like a .tflite file."""
    if data[4:8] == b"TFL3":
        return
    if not data:
        raise InputRejected("the file is empty", EXPORT_HINT)
    kind, hint = _looks_like(data)
    looks = f": it looks like {kind}" if kind else ""
    raise InputRejected(f"this is not a .tflite file{looks}", hint)


def _looks_like(data: bytes) -> tuple[str, str]:
    if data[4:7] == b"TFL":
        return "a .tflite file of another schema", "convert the model with a current converter"
    if data.startswith(b"PK\x03\x04"):
        for text, kind, hint in ARCHIVES:
            if text in data:
                return kind, hint
        return "a zip archive", "unpack it first"
    start = data.lstrip()[:32]
    for signature, kind, hint in SIGNATURES:
        if (start if signature in (b"<", b"{") else data).startswith(signature):
            return kind, hint
    # ONNX is bare protobuf: field 1, a small version, then one of the next fields.
    if (
        data[0] == 0x08
        and data[1:2] < b"\x20"
        and data[2:3] in (b"\x12", b"\x1a", b"\x3a", b"\x42")
    ):
        return "an ONNX model", "convert it with onnx2tf"
    if b"unsigned char" in data[:4096]:
        return "C source with a model in it", "turn it back: xxd -r -p, or find the original file"
    return "", EXPORT_HINT
