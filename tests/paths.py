"""Where tests find models, and why they skip."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DIGITS = ROOT / "examples" / "digits" / "digits.tflite"
SAMPLES = ROOT / "examples" / "digits" / "samples.npz"
SINE = ROOT / "examples" / "sine" / "sine.tflite"
SHARED = ROOT.parent / "shared" / "models"

SHARED_NAMES = (
    *("ad01_int8", "ad_small_int8", "ds_cnn_s_quantized", "hello_world_int8", "kws_micronet_m"),
    *("kws_micronet_s", "kws_ref_model", "micro_speech_quantized", "person_detect"),
    *("pretrainedResnet_quant", "v2_vad", "vww2_50_50_INT8", "vww_96_int8"),
)

needs_emulator = pytest.mark.skipif(
    not (shutil.which("qemu-system-arm") and shutil.which("arm-none-eabi-gcc")),
    reason="qemu-system-arm or arm-none-eabi-gcc is not installed",
)


def shared_model(name: str) -> Path:
    """A real model that is not part of the project; skips by name where it is absent."""
    path = SHARED / f"{name}.tflite"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in ../shared/models")
    return path
