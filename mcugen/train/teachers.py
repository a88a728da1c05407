"""Teachers that exist already: Keras files, runs and checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mcugen.errors import InputRejected
from mcugen.text import printable
from mcugen.train.distillation import Teacher
from mcugen.train.tensorflow import keras
from mcugen.train.trained import FLOAT, load_trained


def is_trained(name: str) -> bool:
    """Whether a teacher's name means a file or a folder, not an architecture to train first."""
    return name.endswith((".keras", ".h5", ".npz")) or Path(name).is_dir()


def load_teacher(name: str, input_shape: tuple[int, ...], classes: int) -> Teacher:
    """Reads a .keras file, a run's folder or a checkpoint of a float network.

    Raises InputRejected if it cannot be read, or teaches other inputs or outputs.
    """
    if name.endswith((".keras", ".h5")):
        model = _keras_model(name)
        teacher = Teacher(model, name, _ends_with_softmax(model))
    else:
        teacher = Teacher(load_trained(Path(name), (FLOAT,)).model, name)
    found = tuple(teacher.model.input_shape[1:]), tuple(teacher.model.output_shape[1:])
    if found != (tuple(input_shape), (classes,)):
        raise InputRejected(
            f"the teacher '{printable(name)}' maps {list(found[0])} to {list(found[1])}, "
            f"the student {list(input_shape)} to {[classes]}",
            "a teacher must take the student's inputs and know the same classes",
        )
    return teacher


def _keras_model(name: str) -> Any:
    try:
        return keras.models.load_model(name, compile=False)
    except Exception as error:  # Keras raises a bit of everything
        raise InputRejected(
            f"Keras cannot read the teacher '{printable(name)}': {printable(str(error), 300)}",
            "give a file that model.save('teacher.keras') has written, of built-in layers",
        ) from None


def _ends_with_softmax(model: Any) -> bool:
    last = model.layers[-1]
    activation = getattr(last, "activation", None)
    return isinstance(last, keras.layers.Softmax) or activation is keras.activations.softmax
