"""What a shot holds, and what generators refuse of it."""

from pathlib import Path

import pytest

from trainer.demo.assets import demo_base
from trainer.errors import ModelError
from trainer.generate.attachments import Control, Lora, Reference, Start
from trainer.generate.local import LocalGenerator
from trainer.generate.shot import Shot, batches
from trainer.generate.with_lora import WithLora

ONE, TWO = Path("one.png"), Path("two.png")


@pytest.mark.parametrize(
    ("twice", "named"),
    [
        ((Lora(path=ONE), Lora(path=TWO)), "one LoRA, and this one has 2"),
        ((Start(path=ONE), Start(path=TWO)), "one starting picture"),
        ((Control(path=ONE), Control(path=TWO)), "one hint"),
    ],
)
def test_a_second_one_of_a_kind_is_refused(twice: tuple[Lora, Lora], named: str) -> None:
    with pytest.raises(ModelError, match=named):
        Shot(prompt="x", attachments=twice)


def test_references_keep_their_order() -> None:
    shot = Shot(prompt="x", attachments=(Reference(path=TWO), Start(path=ONE, denoise=0.4), Reference(path=ONE)))
    assert [one.path for one in shot.references] == [TWO, ONE]
    assert shot.denoise == 0.4


def test_shots_of_other_attachments_are_drawn_apart() -> None:
    plain = Shot(prompt="a")
    strong, weak = (plain.with_lora(Lora(path=ONE, strength=strength)) for strength in (1, 0.5))
    one, two = (Shot(prompt="b", attachments=(Control(path=path),)) for path in (ONE, TWO))
    shots = [plain, strong, weak, one, two]
    assert [len(batch) for batch in batches(shots)] == [1] * 5


@pytest.mark.parametrize(
    ("attachment", "said"),
    [
        (Control(path=ONE), r"no ControlNet to follow the hint one\.png"),
        (Reference(path=ONE), r"the reference one\.png"),
    ],
)
def test_our_own_generators_refuse_hints_and_references(attachment: Control | Reference, said: str) -> None:
    local = LocalGenerator(demo_base())
    shot = Shot(prompt="x", width=64, height=64, steps=1, attachments=(attachment,))
    for generator in (local, local._sampler, WithLora(generator=local, lora=Lora(path=ONE, strength=0))):
        with pytest.raises(ModelError, match=said):
            list(generator.generate([shot]))


def test_a_familys_own_sampler_refuses_lora_files_by_name() -> None:
    sampler = LocalGenerator(demo_base())._sampler
    with pytest.raises(ModelError, match=r"cannot load the LoRA one\.png"):
        list(sampler.generate([Shot(prompt="x", attachments=(Lora(path=ONE),))]))
