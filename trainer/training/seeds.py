"""A recipe trained once a seed, and the average of the results as one more LoRA to choose from.

Training seeds differ as much as most settings do; their average does not (field tests on styles: a mean of three came
as close as the best single draw).
"""

from collections.abc import Callable, Generator
from dataclasses import replace

from ..dataset.step_budget import with_steps
from ..lora.average import average_loras
from ..lora.metadata import describe_lora
from ..runtime.group import ALONE, Group
from ..runtime.work import never
from ..storage.tensor_header import read_header
from .job import Job
from .run.events import Event, Finished, Saved, Seeded
from .run.folder import RunFolder
from .train import train

_OF_ONE = {"modelspec.thumbnail", "sshs_model_hash", "sshs_legacy_hash"}
"""What a seed's file says of itself alone."""


def train_seeds(
    job: Job, *, cancelled: Callable[[], bool] = never, group: Group = ALONE
) -> Generator[Event, None, Finished]:
    """`train`, once for each of the recipe's seeds; each run resumes or answers by itself. Same errors.

    Checkpoints of the first seed lie in the job's run, where the average joins them; the others in `seeds/<seed>`. Each
    stops early by itself where the recipe says so, and the average is of what each ended with.
    """
    recipe = job.recipe
    if recipe.seeds == 1:
        return (yield from train(job, cancelled=cancelled, group=group))
    answered = True
    for number in range(recipe.seeds):
        seed = recipe.seed + number
        run = RunFolder(job.run)
        yield Seeded(seed=seed, number=number + 1, count=recipe.seeds)
        folder = run.of_seed(seed) if number else job.run
        one = replace(job, run=folder, recipe=replace(recipe, seed=seed, seeds=1))
        for event in train(one, cancelled=cancelled, group=group):
            if isinstance(event, Finished):
                answered = answered and event.answered
            else:
                yield event
    is_due = not answered or not RunFolder(job.run).average(job.name, recipe.seeds).is_file()
    if is_due and group.rank == 0:
        yield _average(job)
    finished = Finished(checkpoints=RunFolder(job.run).paths(), answered=answered)
    yield finished
    return finished


def _average(job: Job) -> Saved:
    recipe = with_steps(job.recipe, job.dataset.train)
    run, steps = RunFolder(job.run), recipe.schedule.steps
    runs = [run, *(RunFolder(run.of_seed(recipe.seed + number)) for number in range(1, recipe.seeds))]
    path, ends = run.average(job.name, recipe.seeds), [each.last_step(steps) for each in runs]
    with run.writing():
        lasts = [each.checkpoint(job.name, end) for each, end in zip(runs, ends, strict=True)]
        said = describe_lora(path.stem, max(ends), recipe, job.dataset, job.base, job.regularisation)
        # What the family says of itself, as in each seed's own file.
        of_family = {key: value for key, value in read_header(lasts[0]).metadata.items() if key not in _OF_ONE}
        average_loras(lasts, path, {**of_family, **said}, precision=recipe.output.precision)
    return Saved(step=ends[0] + 1, path=path)
