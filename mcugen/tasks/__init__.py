"""Tasks: data, features, augmentation and score of the problems that networks are trained for."""

from mcugen.tasks.base import (
    Augmentation,
    Brightness,
    Data,
    MirrorColumns,
    Mixup,
    Recipe,
    Shift,
    SpecAugment,
    Split,
    Task,
)
from mcugen.tasks.registry import TASKS, load_task

__all__ = [
    "TASKS",
    "Augmentation",
    "Brightness",
    "Data",
    "MirrorColumns",
    "Mixup",
    "Recipe",
    "Shift",
    "SpecAugment",
    "Split",
    "Task",
    "load_task",
]
