"""`train`: from an architecture and a task's data to a measured .tflite file.

TensorFlow is imported when the training begins.
"""

from __future__ import annotations

from pathlib import Path

from mcugen.architecture import read_architecture
from mcugen.errors import InputRejected
from mcugen.oracle import require_tflm
from mcugen.progress import Progress, silent
from mcugen.tasks import Task, load_task
from mcugen.train.checks import check_data, check_memory
from mcugen.train.folder import check_folder, check_not_read, make_folder
from mcugen.train.options import COEFFICIENT, TEMPERATURE, Options, changed, check_distillation
from mcugen.train.origin import SYNTHETIC
from mcugen.train.results import TrainResult
from mcugen.train.spec import parse_bits
from mcugen.train.stages import input_files, sha256_of_file


def train(
    architecture: str | Path | None = None,
    task: str | Task = "kws",
    *,
    data: str | Path = SYNTHETIC,
    output: str | Path,
    bits: str | Path = "8",
    distill_from: str | Path | None = None,
    distill_coefficient: float = COEFFICIENT,
    distill_temperature: float = TEMPERATURE,
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
    that is trained first; its share in the loss is `distill_coefficient`. `checkpoint` is a run's
    folder or checkpoint with a float network that need not be trained again. Both must have learnt
    from the same data. The rest are those of the task's recipe unless given.

    The same arguments give the same file, on the same machine; `resume` goes on with an interrupted
    run in the folder `output`, to the same end. Raises InputRejected for an unacceptable argument,
    McugenError if TensorFlow is missing or training breaks down, naming the layer.
    """
    if resume and force:
        raise InputRejected("choose either --resume or --force")
    check_distillation(distill_coefficient, distill_temperature)
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
    teacher = None if distill_from is None else str(distill_from)
    start = None if checkpoint is None else str(checkpoint)
    task_file = task if isinstance(task, str) and task.endswith(".py") else None
    files = input_files(task_file, teacher, start)
    options = Options(
        architecture=read_architecture(architecture or the_task.architecture),
        task=the_task.name,
        data=str(data),
        bits=str(bits),
        spec=parse_bits(str(bits)),
        teacher=teacher,
        start=start,
        seed=seed,
        recipe=recipe,
        distill_coefficient=distill_coefficient,
        distill_temperature=distill_temperature,
        inputs={name: sha256_of_file(path) for name, path in files.items()},
    )
    folder = Path(output)
    check_folder(folder, options.to_json(), resume=resume, force=force)
    check_not_read(folder, files)
    options.spec.check_patterns([x.name for x in options.architecture.layers if x.weights])
    # Without TensorFlow there is nothing to begin, and without TFLM no end.
    from mcugen.train.run import Run

    require_tflm()
    source = None if options.data == SYNTHETIC else Path(data)
    loaded = the_task.load(source, options.architecture.input, seed=seed, progress=progress)
    check_data(loaded, options.architecture.input, the_task.name)
    check_memory(loaded, the_task.name)
    run = Run(options, the_task, loaded, folder, progress)
    make_folder(folder, options.to_json(), resume=resume)
    return run.run()
