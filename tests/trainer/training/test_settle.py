"""How a run computes is settled when it starts, told, and changes neither what is learned nor the process."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo

from tests.conftest import write_tiny_dataset
from trainer.errors import Cancelled, RunError
from trainer.families.base import Base
from trainer.families.memory.compiled import CompiledBlocks
from trainer.lora.layers.peft_lora import PeftLora
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.runtime.backends import Backends
from trainer.runtime.work import follow
from trainer.training.job import Job
from trainer.training.memory.free import DeviceMemory
from trainer.training.memory.outlook import Outlook, outlook
from trainer.training.run.events import Event, Settled, Stepped, read_events
from trainer.training.run.folder import RunFolder
from trainer.training.settle import Settling
from trainer.training.step.answer import Learned
from trainer.training.step.train_step import TrainStep
from trainer.training.step.trial import Trial
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=4, alpha=4.0),
    optim=Optim(lr=1e-3),
    schedule=Schedule(steps=2, batch=2),
    buckets=Buckets(resolution=64, step=16, shortest=48, longest=96),
    memory=Memory(precision="fp32", compile="on"),
    output=Output(save_every=2, sample_every=0, held_out_every=10),
)
MADE = "trainer.training.settle.CompiledBlocks"


@pytest.fixture
def job(tiny_base: Base, tmp_path: Path) -> Job:
    dataset = write_tiny_dataset(tmp_path / "set", ((64, 64), (64, 64)))
    return Job(recipe=RECIPE, dataset=dataset, base=tiny_base, run=tmp_path / "run", name="sage")


def trained(job: Job, memory: Memory, name: str) -> tuple[list[Settled], bytes]:
    """What a run tells of itself, and its LoRA."""
    run = job.run.with_name(name)
    finished = follow(train(replace(job, recipe=replace(RECIPE, memory=memory), run=run)))
    told = [event for event in read_events(RunFolder(run).log) if isinstance(event, Settled)]
    return told, finished.checkpoints[-1].read_bytes()


def weights_of(file: bytes) -> bytes:
    """Its tensors: what is said beside them names the settings."""
    return file[8 + int.from_bytes(file[:8], "little") :]


def test_a_run_tells_how_it_computes(job: Job) -> None:
    (told,), _ = trained(job, Memory(precision="fp32", checkpointed_blocks=1), "run")
    assert told.compiled == "no: only GPUs gain by it"
    assert told.attention == "PyTorch's choice"
    assert 1 == told.recomputed < told.blocks


@pytest.mark.slow
def test_a_run_goes_on_plainly_where_nothing_can_be_compiled(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    _, plain = trained(job, Memory(precision="fp32", compile="off"), "plain")

    def broken(_graph: Any, _inputs: Any) -> Any:
        raise RuntimeError("No working C++ compiler found")

    monkeypatch.setattr(MADE, partial(CompiledBlocks, backend=broken))
    (told,), other = trained(job, RECIPE.memory, "other")
    assert told.compiled.startswith("no: ")
    assert "No working C++ compiler found" in told.compiled
    assert weights_of(other) == weights_of(plain)


def test_what_gives_other_gradients_is_not_taken(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    _, plain = trained(job, Memory(precision="fp32", compile="off"), "plain")

    class Wrong(CompiledBlocks):
        def __call__(self, block: torch.nn.Module, *inputs: Any) -> Any:
            return block(*inputs) * 2 if type(block).__name__ == "BasicTransformerBlock" else block(*inputs)

    monkeypatch.setattr(MADE, Wrong)
    (told,), other = trained(job, RECIPE.memory, "other")
    assert told.compiled == "no: its gradients are not those of the plain blocks"
    assert weights_of(other) == weights_of(plain)


AS_NEEDED = Memory(precision="fp32", checkpoint_as_needed=True)


def test_as_few_blocks_recompute_as_memory_demands(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    _, plain = trained(job, Memory(precision="fp32", gradient_checkpointing=False), "plain")
    for count in (0, 1):
        found = Outlook(planned=123, recomputed=count)
        monkeypatch.setattr("trainer.training.settle.outlook", lambda *_, found=found, **__: found)
        (told,), other = trained(job, AS_NEEDED, f"with {count}")
        assert (told.recomputed, told.planned) == (count, 123)
        assert told.recomputed < told.blocks
        assert weights_of(other) == weights_of(plain)


def test_all_blocks_recompute_where_memory_is_full_after_all(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def full(_: Trial) -> torch.Tensor:
        asked.append(1)
        raise torch.OutOfMemoryError

    monkeypatch.setattr("trainer.training.settle.outlook", lambda *_, **__: Outlook(planned=1, recomputed=0))
    monkeypatch.setattr(Trial, "gradients", full)
    (told,), _ = trained(job, AS_NEEDED, "run")
    assert told.recomputed == told.blocks
    assert asked == [1]


@pytest.mark.slow
def test_what_a_device_has_free_says_how_many_recompute(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    place = "trainer.training.memory.outlook.device_memory"
    job = replace(job, recipe=replace(RECIPE, memory=AS_NEEDED))
    assert outlook(job, (64, 64), 4, beside=False) is None, "a processor tells nothing"
    found: dict[int, Outlook] = {}
    for free in (0, 2**40):
        device = DeviceMemory(total=2**41, free=free, ours=0)
        monkeypatch.setattr(place, lambda _, device=device: device)
        one = outlook(job, (64, 64), 4, beside=False)
        assert one is not None
        found[free] = one
    assert found[2**40].recomputed == 0 < found[0].recomputed
    assert found[2**40].planned >= found[0].planned > 0


def test_a_run_goes_on_with_other_settings_of_how_it_computes(job: Job) -> None:
    trained(job, Memory(precision="fp32", checkpointed_blocks=1), "run")
    other = Memory(precision="fp32", gradient_checkpointing=False, compile="off")
    run = job.run.with_name("run")
    assert follow(train(replace(job, recipe=replace(RECIPE, memory=other), run=run))).answered
    with pytest.raises(RunError, match="precision fp32 → bf16"):
        follow(train(replace(job, recipe=replace(RECIPE, memory=replace(other, precision="bf16")), run=run)))


@pytest.mark.slow
def test_a_compiled_run_learns_the_same_bits(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    # What is compiled is a LoRA of single operations: fused by hand, as outside of those blocks, they round otherwise.
    monkeypatch.setattr(PeftLora, "_forward", lambda self, *inputs: self._pefts_forward(*inputs))
    monkeypatch.setattr("trainer.runtime.linear._onednn_is_faster", lambda: False)
    _, plain = trained(job, Memory(precision="fp32", compile="off"), "plain")
    monkeypatch.setattr(MADE, partial(CompiledBlocks, backend="aot_eager"))
    (told,), compiled = trained(job, RECIPE.memory, "compiled")
    assert told.compiled == "yes"
    assert weights_of(compiled) == weights_of(plain)


def test_what_ceases_to_be_compiled_later_is_told(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    learned = TrainStep.learned
    monkeypatch.setattr(TrainStep, "learned", lambda self, step: (steps.append(step), learned(self, step))[1])

    class Tiring(CompiledBlocks):
        def __call__(self, block: torch.nn.Module, *inputs: Any) -> Any:
            if steps:
                self.fault = "too many sizes"
            return block(*inputs)

    monkeypatch.setattr(MADE, Tiring)
    told, _ = trained(job, RECIPE.memory, "run")
    assert [each.compiled for each in told] == ["yes", "no: too many sizes"]
    assert [each.step for each in told] == [0, 1]


def settling(attention: str, gradients: Callable[[str], torch.Tensor]) -> tuple[Settling, Backends]:
    """Of a base that asks nothing of memory, whose trial answers by the attention that is chosen."""
    backends = Backends(attention=attention)  # type: ignore[arg-type]

    class Fake:
        shapes, size, shows_others = 9, (64, 64), False

        def gradients(self) -> torch.Tensor:
            return gradients(backends.attention)

        def agrees(self, one: torch.Tensor, other: torch.Tensor) -> bool:
            return torch.equal(one, other)

    class Base:
        denoiser = torch.nn.Identity()

        class spec:  # noqa: N801
            blocks, between = (), ()

    class FakeJob:
        device = "cpu"
        recipe = RECIPE

    return Settling(FakeJob(), Base(), Fake(), backends), backends  # type: ignore[arg-type]


def test_cudnns_attention_is_taken_where_it_agrees() -> None:
    asked: list[str] = []
    one, backends = settling("cudnn", lambda which: (asked.append(which), torch.ones(3))[1])
    (told,) = one.tell(0)
    assert told.attention == "cuDNN"
    assert asked == ["default", "cudnn"]
    assert backends.attention == "cudnn"


def test_attention_that_gives_other_gradients_or_fails_is_not_taken() -> None:
    def broken(which: str) -> torch.Tensor:
        if which == "cudnn":
            raise RuntimeError("no valid plan")
        return torch.ones(3)

    for gradients in (lambda which: torch.full((3,), float(which == "cudnn")), broken):
        one, backends = settling("cudnn", gradients)
        (told,) = one.tell(0)
        assert told.attention == "PyTorch's choice"
        assert backends.attention == "default"


def process() -> dict[str, Any]:
    """What a run may change of the process."""
    backends: Any = torch.backends
    config: Any = torch._dynamo.config
    return {
        "inference": torch.is_inference_mode_enabled(),
        "gradients": torch.is_grad_enabled(),
        "dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "precision": torch.get_float32_matmul_precision(),
        "cudnn": (backends.cudnn.allow_tf32, backends.cudnn.benchmark, backends.cudnn.deterministic),
        "attention": (backends.cuda.flash_sdp_enabled(), backends.cuda.cudnn_sdp_enabled()),
        "dynamo": (config.recompile_limit, config.accumulated_recompile_limit, config.suppress_errors),
    }


HOW_IT_ENDS = ("succeeds", "fails", "is cancelled", "is dropped")
COMPILED = pytest.param("succeeds, compiled", marks=pytest.mark.slow)


@pytest.mark.parametrize("end", [*HOW_IT_ENDS, COMPILED])
def test_the_process_is_as_before_a_run(job: Job, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend: Any = lambda graph, _inputs: graph.forward  # noqa: E731
    monkeypatch.setattr(MADE, partial(CompiledBlocks, backend=backend))
    memory = Memory(precision="fp32", compile="on" if end == "succeeds, compiled" else "off", deterministic=True)
    job = replace(job, recipe=replace(RECIPE, memory=memory))
    before, steps, during = process(), list[Event](), list[Any]()
    going = train(job, cancelled=lambda: end == "is cancelled" and bool(steps))
    learned = TrainStep.learned

    def looked(self: TrainStep, step: int) -> Learned:
        during.append(process())
        if end == "fails":
            raise RuntimeError("the device is gone")
        return learned(self, step)

    monkeypatch.setattr(TrainStep, "learned", looked)
    errors = {"fails": RuntimeError, "is cancelled": Cancelled}
    try:
        for event in going:
            assert process() == before
            if isinstance(event, Stepped):
                steps.append(event)
                if end == "is dropped":
                    break
    except (RuntimeError, Cancelled) as fault:
        assert isinstance(fault, errors[end])
    del going
    assert process() == before
    assert all(inside["deterministic"] and inside["cudnn"][2] for inside in during)
    assert during
