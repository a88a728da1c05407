"""`search`: from a space, a board and a task's data to a network that provably fits.

TensorFlow is imported when the search begins.
"""

from __future__ import annotations

from pathlib import Path

from mcugen.boards import Board, load_board
from mcugen.errors import InputRejected
from mcugen.progress import Progress, silent
from mcugen.search.budgets import (
    Budgets,
    check_possible,
    for_board,
    parse_bytes,
    parse_latency,
    parse_ops,
)
from mcugen.search.costs import CostModel
from mcugen.search.latency import LatencyModel, check_board, check_covers, read_latency
from mcugen.search.narrowing import narrowed
from mcugen.search.options import Options, hashes_of, input_files, make_plan
from mcugen.search.results import SearchResult
from mcugen.search.space import Space
from mcugen.search.spaces import TASKS, load_space
from mcugen.tasks import Task, load_task
from mcugen.tasks.base import Data
from mcugen.toolchain.pio import check_compiler
from mcugen.train.checks import check_data, check_memory
from mcugen.train.folder import check_folder, check_not_read, make_folder
from mcugen.train.origin import SYNTHETIC
from mcugen.train.spec import Bits

BITS: dict[str, tuple[Bits, ...]] = {
    "8": (Bits(8, 8),),
    "4": (Bits(4, 4),),
    "mixed": (Bits(4, 4), Bits(4, 8), Bits(8, 8)),
}
"""What --bits opens, the dearest last."""


def search(
    space: str | Space,
    board: str | Path,
    *,
    task: str | Task | None = None,
    data: str | Path = SYNTHETIC,
    output: str | Path,
    sram: str | int | None = None,
    flash: str | int | None = None,
    ops: str | float | None = None,
    latency: str | float | None = None,
    latency_model: str | Path | None = None,
    bits: str | None = None,
    epochs: int | None = None,
    warmup_epochs: int | None = None,
    rank_epochs: int = 4,
    learning_rate: float | None = None,
    baselines: bool = False,
    seed: int = 0,
    resume: bool = False,
    force: bool = False,
    progress: Progress = silent,
) -> SearchResult:
    """Searches a space for an accurate network within a board's budgets, and proves that it is.

    `space` is a name, the path of a Python file that defines SPACE, or a Space; `task` is the one
    of the space's name unless given, and `data` its folder, or "synthetic". Budgets are numbers, or
    texts such as "96K" bytes, "20M" operations or "100ms"; flash and SRAM are the board's, less
    what firmware and application need, unless given; widths far beyond what operations or latency
    allow are not searched (`mcugen.search.narrowing`). A latency budget needs a model file that
    `characterize` wrote. `bits` is "8", "4" or "mixed", by default the space's own. Candidates are
    compared by `rank_epochs` of training, the best of them by twice as many in each further round;
    `baselines` trains the result, uniformly scaled networks and a random one as long as the task's
    recipe says.

    The same arguments give the same network, on the same machine; `resume` goes on with an
    interrupted search in the folder `output`, to the same end. Raises InputRejected for an
    unacceptable argument, for budgets that no network of the space can keep too; McugenError if
    TensorFlow or a compiler is missing or training breaks down; SearchInterrupted on Ctrl-C.
    """
    if resume and force:
        raise InputRejected("choose either --resume or --force")
    the_space = load_space(space) if isinstance(space, str) else space
    the_task = task_of(task, the_space)
    the_board = load_board(board)
    model_of_latency = None if latency_model is None else read_latency(latency_model)
    budgets = budgets_of(the_board, model_of_latency, sram, flash, ops, latency)
    the_space = searchable(the_space, bits, model_of_latency)
    if rank_epochs < 0:
        raise InputRejected(f"candidates cannot be ranked by {rank_epochs} epochs")
    files = input_files(
        {"space": space, "task": task, "board": board, "latency_model": latency_model}
    )
    costs = CostModel(the_space, the_board.isa, model_of_latency)
    check_possible(costs, budgets)
    the_space = narrowed(costs, budgets)
    options = Options(
        space=the_space,
        task=the_task.name,
        data=str(data),
        board=the_board.id,
        bits=", ".join(map(str, the_space.bits)),
        budgets=budgets,
        latency_model=None if latency_model is None else str(latency_model),
        plan=make_plan(
            the_task.recipe,
            seed=seed,
            epochs=epochs,
            warmup_epochs=warmup_epochs,
            learning_rate=learning_rate,
        ),
        recipe=the_task.recipe,
        rank_epochs=rank_epochs,
        baselines=baselines,
        inputs=hashes_of(files),
    )
    folder = Path(output)
    check_folder(folder, options.to_json(), resume=resume, force=force)
    check_not_read(folder, files | {"data": Path(data)})
    if the_board.has_own_port:
        check_compiler(the_board)
    # Without TensorFlow there is nothing to begin.
    from mcugen.search.run import SearchRun

    source = None if options.data == SYNTHETIC else Path(data)
    loaded = the_task.load(source, the_space.input, seed=seed, progress=progress)
    _check_data(loaded, the_space, the_task)
    check_memory(loaded, the_task.name)
    the_space = the_space.with_outputs(_outputs(loaded, the_space))
    costs = CostModel(the_space, the_board.isa, model_of_latency)
    check_possible(costs, budgets)
    make_folder(folder, options.to_json(), resume=resume)
    run = SearchRun(options, the_board, costs, the_task, loaded, folder, progress)
    return run.run()


def task_of(task: str | Task | None, space: Space) -> Task:
    """What to train for: by default what the space is for."""
    if isinstance(task, Task):
        return task
    name = TASKS.get(space.name) if task is None else task
    if name is None:
        raise InputRejected(
            f"the space {space.name!r} does not say what to train on", "name the task: --task"
        )
    return load_task(name)


def budgets_of(
    board: Board,
    model: LatencyModel | None,
    sram: str | int | None = None,
    flash: str | int | None = None,
    ops: str | float | None = None,
    latency: str | float | None = None,
) -> Budgets:
    """What was given, as `search` takes it, and of flash and SRAM the board's where they were not.

    Raises InputRejected for more than the board has, and for latencies of another one.
    """
    if model is not None:
        check_board(model, board)
    given = Budgets(
        ops=None if ops is None else parse_ops(str(ops)),
        flash_bytes=None if flash is None else parse_bytes(str(flash)),
        sram_bytes=None if sram is None else parse_bytes(str(sram)),
        latency=None if latency is None else parse_latency(str(latency), model),
    )
    return for_board(board, given)


def with_bits(space: Space, bits: str | None) -> Space:
    """The space with these bits, its own for None."""
    if bits is None:
        return space
    if bits not in BITS:
        raise InputRejected(f"bits cannot be {bits!r}", f"choose: {', '.join(BITS)}")
    return space.with_bits(*BITS[bits])


def searchable(space: Space, bits: str | None, latency: LatencyModel | None) -> Space:
    """The space with the bits that were asked for.

    Raises InputRejected for one that has nothing to choose, or layers that `latency` knows not.
    """
    space = with_bits(space, bits)
    if not space.decisions:
        raise InputRejected(
            f"the space {space.name!r} is a single network: nothing of it is open",
            "give a node widths to choose from, or train the network: mcugen train",
        )
    if latency is not None:
        check_covers(latency, space)
    return space


def _check_data(data: Data, space: Space, task: Task) -> None:
    check_data(data, space.input, task.name)
    if data.target == "labels" and len(data.classes) < 2:
        raise InputRejected(
            f"task {task.name}: the data has a single class, {data.classes[0]}: any network would "
            "be right",
            "give a folder with examples of two classes or more",
        )


def _outputs(data: Data, space: Space) -> int:
    if data.target == "labels":
        return len(data.classes)
    size = 1
    for n in space.input:
        size *= n
    return size
