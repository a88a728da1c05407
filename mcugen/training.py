"""`train`: from an architecture and a task's data to a measured .tflite file.

TensorFlow is imported when the training begins.
"""

from __future__ import annotations

from pathlib import Path

from mcugen.architecture import read_architecture
from mcugen.errors import InputRejected
from mcugen.progress import Progress, silent
from mcugen.tasks import Task, load_task
from mcugen.train.checks import check_data
from mcugen.train.folder import check_folder, make_folder
from mcugen.train.options import Options, changed
from mcugen.train.results import TrainResult
from mcugen.train.spec import parse_bits

SYNTHETIC = "synthetic"


def train(
    architecture: str | Path | None = None,
    task: str | Task = "kws",
    *,
    data: str | Path = SYNTHETIC,
    output: str | Path,
    bits: str | Path = "8",
    distill_from: str | Path | None = None,
    checkpoint: str | Path | None = None,
    epochs: int | None = None,
    qat_epochs: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    qat_learning_rate: float | None = None,
    patience: int | None = None,
    seed: int = 0,
    resume: bool = False,
    force: bool = False,
    progress: Progress = silent,
) -> TrainResult:
    """Trains an architecture for a task, quantizes it, and writes model and report to a folder.

    `architecture` is a name or an arch.json file, by default the task's usual one; `task` a name,
    the path of a Python file, or a Task. `data` is the task's folder, or "synthetic" for what comes
    with the task. `bits` is 8, w8a8, w4a8, w8a4, w4a4 or a .json file with the bits of each layer.
    `distill_from` is a teacher: a .keras file, a run's folder or checkpoint, or an architecture
    that is trained first. `checkpoint` is a run's folder or checkpoint with a float network that
    need not be trained again. The rest are those of the task's recipe unless given.

    The same arguments give the same file, on the same machine; `resume` goes on with an interrupted
    run in the folder `output`, to the same end. Raises InputRejected for an unacceptable argument,
    McugenError if TensorFlow is missing or training breaks down, naming the layer.
    """
    if resume and force:
        raise InputRejected("choose either --resume or --force")
    the_task = load_task(task) if isinstance(task, str) else task
    recipe = changed(
        the_task.recipe,
        epochs=epochs,
        qat_epochs=qat_epochs,
        batch=batch,
        learning_rate=learning_rate,
        qat_learning_rate=qat_learning_rate,
        patience=patience,
    )
    options = Options(
        architecture=read_architecture(architecture or the_task.architecture),
        task=the_task.name,
        data=str(data),
        bits=str(bits),
        spec=parse_bits(str(bits)),
        teacher=None if distill_from is None else str(distill_from),
        start=None if checkpoint is None else str(checkpoint),
        seed=seed,
        recipe=recipe,
    )
    folder = Path(output)
    check_folder(folder, options.to_json(), resume=resume, force=force)
    # Without TensorFlow there is nothing to begin.
    from mcugen.train.run import Run

    source = None if options.data == SYNTHETIC else Path(data)
    loaded = the_task.load(source, options.architecture.input, seed=seed, progress=progress)
    check_data(loaded, options.architecture.input, the_task.name)
    make_folder(folder, options.to_json(), resume=resume)
    return Run(options, the_task, loaded, folder, progress).run()
