"""A run: float network, quantized network, exported file, report; each stage can be resumed."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from mcugen import exporting
from mcugen.architecture import Architecture, read_architecture, write_architecture
from mcugen.errors import InputRejected
from mcugen.output_file import write_output
from mcugen.progress import Progress
from mcugen.tasks.base import Data, Task
from mcugen.train.agreement import agreement
from mcugen.train.diagnostics import number_findings
from mcugen.train.distillation import Teacher
from mcugen.train.examples import some
from mcugen.train.execute import execute
from mcugen.train.export import export_model
from mcugen.train.float_model import float_model
from mcugen.train.footprint import examples_at_once, outputs_of
from mcugen.train.journal import Journal
from mcugen.train.loop import Outputs, Predictor, fit
from mcugen.train.options import Options
from mcugen.train.origin import DataOrigin
from mcugen.train.qat import quantize, to_network
from mcugen.train.repeatable import repeat_exactly
from mcugen.train.report import sha256_of, write_report
from mcugen.train.results import Finding, TrainResult
from mcugen.train.stages import CHECKPOINTS, FLOAT, QAT, TEACHER, Stage, is_trained
from mcugen.train.teachers import load_teacher
from mcugen.train.trained import describe, load_trained, with_bits_of, without_bits

CALIBRATION_EXAMPLES = 512
AGREEMENT_EXAMPLES = 512
LEAST_PROBABILITY = 2.0**-9
"""Half a step of the exported softmax."""

SOURCES = {
    "accuracy_float": "the float network, whole test set",
    "accuracy_ptq": "the quantized network before it is trained as such, whole test set",
    "accuracy_qat": "the quantized network after, whole test set",
    "accuracy_tflm": "the written file, executed by TFLM on the whole test set",
    "layers": "the training graph's codes against TFLM's, both from the input on",
    **{name: exporting.SOURCES[name] for name in ("macs", "params", "arena_bytes")},
}


class Run:
    """One run in its folder, with its task's data.

    What it starts from is read at once; `run` writes.
    """

    def __init__(
        self, options: Options, task: Task, data: Data, folder: Path, progress: Progress
    ) -> None:
        repeat_exactly()  # what calibrates, too
        self._options, self._task, self._data = options, task, data
        self._folder, self._progress = folder, progress
        self._journal = Journal(folder)
        self._best_epochs: dict[str, int] = {}
        self._findings: tuple[Finding, ...] = ()
        classes = len(data.classes)
        outputs = int(np.prod(options.architecture.input)) if data.target == "inputs" else classes
        self._architecture = options.architecture.with_outputs(outputs)
        self._spec = with_bits_of(self._architecture, options.spec)
        self._origin = DataOrigin.of(task.name, options.data, options.seed, data)
        self._start = self._trained_before()
        self._teacher = self._finished_teacher()

    def run(self) -> TrainResult:
        """All stages, from where the folder's checkpoints end, to the exported file."""
        write_architecture(self._architecture, self._folder / "arch.json")
        teacher = self._teacher or self._new_teacher()
        model = self._new_float() if self._start is None else self._start
        accuracies = {"float": self._accuracy(model)}
        if teacher is not None:
            accuracies["teacher"] = self._accuracy(teacher.model, teacher.probabilities)
        quantized = self._quantized(model)
        accuracies["ptq"] = self._accuracy(quantized)
        self._fit(quantized, QAT, self._architecture, teacher)
        if self._options.recipe.qat_epochs:
            accuracies["qat"] = self._accuracy(quantized)
        return self._export(quantized, accuracies, teacher)

    def _finished_teacher(self) -> Teacher | None:
        """The teacher, if there is one that need not be trained."""
        name = self._options.teacher
        if name is None:
            return None
        if self._data.target == "inputs":
            raise InputRejected(
                f"the task {self._task.name} reproduces inputs; there are no classes to teach",
                "leave --distill-from out",
            )
        if not is_trained(name):
            return None
        teacher = load_teacher(name, self._architecture.input, self._origin)
        return dataclasses.replace(teacher, **self._distillation())

    def _new_teacher(self) -> Teacher | None:
        """The teacher that an architecture's name asks for, trained."""
        name = self._options.teacher
        if name is None:
            return None
        architecture = read_architecture(name).with_outputs(len(self._data.classes))
        architecture = architecture.with_input(self._architecture.input)
        model = float_model(architecture, self._options.seed)
        self._fit(model, TEACHER, architecture)
        return Teacher(model, architecture.name, **self._distillation())

    def _distillation(self) -> dict[str, Any]:
        """How a teacher of this run teaches."""
        options = self._options
        return {
            "coefficient": options.distill_coefficient,
            "temperature": options.distill_temperature,
        }

    def _new_float(self) -> Any:
        """The float network, trained here."""
        model = float_model(self._architecture, self._options.seed)
        self._fit(model, FLOAT, self._architecture)
        return model

    def _trained_before(self) -> Any:
        """The float network of an earlier run; None if it is to be trained here."""
        start = self._options.start
        if start is None:
            return None
        trained = load_trained(Path(start), (FLOAT, TEACHER))
        self._origin.check(trained.data, start, "--from")
        if without_bits(trained.architecture) != without_bits(self._architecture):
            raise InputRejected(
                f"'{start}' is of another network: {trained.architecture.name}, "
                f"{trained.architecture.outputs} outputs",
                "name its architecture",
            )
        return trained.model

    def _quantized(self, model: Any) -> Any:
        """The float network as its integers will compute, ranges from training examples."""
        self._progress("quantizing", 0, 0)
        examples = some(self._data.train.features, CALIBRATION_EXAMPLES, self._options.seed)
        return quantize(model, self._spec, examples, name=self._architecture.name)

    def _fit(
        self, model: Any, stage: str, architecture: Architecture, teacher: Teacher | None = None
    ) -> None:
        """Trains one stage, or what is left of it."""
        recipe = self._options.recipe
        spec = self._spec if stage == QAT else None
        fitted = fit(
            model,
            Stage.of(stage, recipe, self._options.seed, quantized=stage == QAT),
            self._task,
            self._data,
            self._folder / CHECKPOINTS / f"{stage}.npz",
            self._journal,
            trained=stage == QAT,
            teacher=teacher,
            about=describe(stage, architecture, spec, data=self._origin),
            progress=self._progress,
        )
        self._best_epochs[stage] = fitted.best_epoch
        self._findings = fitted.findings

    def _accuracy(self, model: Any, probabilities: bool = False) -> float:
        """The task's score on the whole test set."""
        outputs = Predictor(model)(self._data.test.features)
        return self._score(as_logits(outputs) if probabilities else outputs)

    def _score(self, outputs: Outputs) -> float:
        return self._task.score(outputs, self._data.test, self._data)

    def _export(
        self, quantized: Any, accuracies: dict[str, float], teacher: Teacher | None
    ) -> TrainResult:
        """Writes the file, executes it on the whole test set, and writes the report."""
        network = to_network(quantized)
        record = {
            "options": self._options.to_json(),
            "history": [dataclasses.asdict(epoch) for epoch in self._journal.history],
            "accuracies": accuracies,
        }
        report_sha256 = sha256_of(record)
        softmax = self._architecture.has_softmax
        metadata = {"task": self._task.name, "training_report_sha256": report_sha256}
        model_bytes = export_model(network, softmax=softmax, metadata=metadata)
        model_path = self._folder / "model.tflite"
        write_output(model_path, model_bytes)

        test, progress = self._data.test, self._progress
        outputs = execute(model_bytes, test.features, progress=progress)
        few = examples_at_once(outputs_of(quantized), AGREEMENT_EXAMPLES, element_bytes=1)
        examined = some(test.features, few, self._options.seed)
        agreed = agreement(quantized, model_bytes, examined, progress=progress)
        size = exporting.figures(model_bytes)
        result = TrainResult(
            name=self._architecture.name,
            task=self._task.name,
            data=self._data.description,
            synthetic=self._data.synthetic,
            bits=self._options.bits,
            seed=self._options.seed,
            metric=self._task.metric,
            teacher=None if teacher is None else teacher.name,
            accuracy_teacher=accuracies.get("teacher"),
            examples={x: len(getattr(self._data, x)) for x in ("train", "validation", "test")},
            classes=self._data.classes,
            confusion=self._confusion(outputs),
            history=tuple(self._journal.history),
            best_epochs=dict(self._best_epochs),
            findings=(*self._findings, *number_findings(quantized)),
            layers=agreed.layers,
            argmax_agreement=agreed.argmax if self._data.target == "labels" else None,
            agreement_examples=agreed.examples,
            model_bytes=len(model_bytes),
            weights_bytes=size.weights_bytes,
            arena_bytes=size.arena_bytes,
            model_sha256=hashlib.sha256(model_bytes).hexdigest(),
            report_sha256=report_sha256,
            folder=self._folder,
            notes=self._data.problems,
            sources=SOURCES,
            model=model_path,
            accuracy_float=accuracies["float"],
            accuracy_ptq=accuracies["ptq"],
            accuracy_qat=accuracies.get("qat"),
            accuracy_tflm=self._score(as_logits(outputs) if softmax else outputs),
            macs=size.macs,
            params=size.params,
        )
        write_report(result, record)
        return result

    def _confusion(self, outputs: Outputs) -> tuple[tuple[int, ...], ...] | None:
        """Counts [true class][found class] of the test set."""
        if self._data.target == "inputs":
            return None
        classes = len(self._data.classes)
        pairs = self._data.test.labels * classes + outputs.argmax(axis=1)
        counts = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
        return tuple(tuple(int(n) for n in row) for row in counts)


def as_logits(probabilities: Outputs) -> Outputs:
    """Logarithms; what the exported softmax rounds to 0 counts as half a step."""
    return np.log(np.maximum(probabilities, LEAST_PROBABILITY))
