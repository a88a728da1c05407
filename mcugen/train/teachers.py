"""Teachers that exist already: Keras files, runs and checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mcugen.errors import InputRejected
from mcugen.text import printable
from mcugen.train.distillation import Teacher
from mcugen.train.origin import DataOrigin
from mcugen.train.stages import FLOAT
from mcugen.train.tensorflow import keras
from mcugen.train.trained import load_trained


def load_teacher(name: str, input_shape: tuple[int, ...], data: DataOrigin) -> Teacher:
    """Reads a .keras file, a run's folder or a checkpoint of a float network.

    Raises InputRejected if it cannot be read, teaches other inputs or outputs, or has learnt from
    other data; the last cannot be known of a .keras file.
    """
    classes = len(data.classes)
    if name.endswith((".keras", ".h5")):
        model = _keras_model(name)
        teacher = Teacher(model, name, _ends_with_softmax(model))
    else:
        trained = load_trained(Path(name), (FLOAT,))
        data.check(trained.data, name, "--distill-from")
        teacher = Teacher(trained.model, name)
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
