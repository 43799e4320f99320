"""What flow families share: how σ is drawn, and the way to a picture as the host goes it."""

from math import exp

import pytest
import torch

from trainer.families.flow.levels import Levels, bell, flux_mu, shifted
from trainer.families.flow.noised import flow_noised
from trainer.families.flow.steps import Schedule
from trainer.recipe.flow import Flow, TimeSampling

OWN = Levels(sampling="sigmoid", shift=3.1582)
# What sd-scripts 48d368fa (2026-02-16) makes of these normal numbers, by its word for the sampling and latents (h, w).
NORMAL = torch.tensor([1.5409960746765137, -0.293428897857666, -2.1787893772125244], dtype=torch.float64)
KOHYA: dict[tuple[TimeSampling, tuple[int, int]], list[float]] = {
    ("sigmoid", (64, 64)): [0.823609471321106, 0.42716464400291443, 0.10167144984006882],
    ("shift", (64, 64)): [0.9364933967590332, 0.7019442319869995, 0.26331931352615356],
    ("flux_shift", (64, 64)): [0.8976145386695862, 0.5833573937416077, 0.17526119947433472],
    ("flux_shift", (128, 128)): [0.9364932179450989, 0.7019438147544861, 0.26331889629364014],
    ("flux_shift", (104, 152)): [0.9350280165672302, 0.6968190670013428, 0.25861790776252747],
}


@pytest.mark.parametrize(("sampling", "size"), KOHYA)
def test_levels_are_kohyas(monkeypatch: pytest.MonkeyPatch, sampling: TimeSampling, size: tuple[int, int]) -> None:
    monkeypatch.setattr(torch, "randn", lambda *_, **__: NORMAL)
    sigmas, weight = OWN.drawn(Flow(sampling=sampling, shift=3.1582), 3, size, torch.Generator())
    assert sigmas.tolist() == pytest.approx(KOHYA[sampling, size], abs=1e-6)
    assert weight is None


def test_the_familys_own_way_is_taken_where_none_is_named() -> None:
    drawn = [
        OWN.drawn(flow, 64, (8, 8), torch.Generator().manual_seed(1))[0] for flow in (Flow(), Flow(sampling="sigmoid"))
    ]
    assert torch.equal(*drawn)
    wide = OWN.drawn(Flow(sigmoid_scale=3.0), 64, (8, 8), torch.Generator().manual_seed(1))[0]
    assert wide.std() > drawn[0].std()
    own, named = (
        OWN.drawn(Flow(sampling="shift", shift=k), 64, (8, 8), torch.Generator().manual_seed(1))[0]
        for k in (0.0, 3.1582)
    )
    assert torch.equal(own, named)


def test_the_shift_of_flux_goes_by_packed_tokens() -> None:
    assert flux_mu(256) == pytest.approx(0.5)
    assert flux_mu(4096) == pytest.approx(1.15)
    assert OWN.tokens((128, 128)) == 4096
    assert OWN.tokens((9, 7)) == 5 * 4
    assert Levels(sampling="sigmoid", shift=1.0, patch=1).tokens((64, 64)) == 4096


def test_weighted_is_uniform_and_counts_most_towards_noise() -> None:
    sigmas, weight = OWN.drawn(Flow(sampling="weighted"), 4000, (8, 8), torch.Generator().manual_seed(0))
    assert weight is not None
    assert float(sigmas.mean()) == pytest.approx(0.5, abs=0.02)
    even = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    assert float(bell(even).mean()) == pytest.approx(1.0, abs=2e-3)
    # ai-toolkit's table (27a03a91) at σ = 1 - n / 1000 for these n.
    theirs = {100: 1.5068, 300: 1.2636, 500: 0.9254, 700: 0.7312, 900: 0.7162}
    mine = [float(bell(torch.tensor(1 - n / 1000))) for n in theirs]
    assert mine == pytest.approx(list(theirs.values()), abs=0.1)


def test_noised_pictures_lie_between_picture_and_noise() -> None:
    clean = torch.randn(2, 16, 4, 6, generator=torch.Generator().manual_seed(4))
    noised = flow_noised(clean, Flow(sampling="weighted"), OWN, torch.Generator().manual_seed(5))
    noise = torch.randn(2, 16, 4, 6, generator=torch.Generator().manual_seed(5))
    s = noised.level.time.float()[:, None, None, None]
    assert torch.allclose(noised.noisy, (1 - s) * clean + s * noise, atol=1e-5)
    assert torch.allclose(noised.target, noise - clean)
    assert noised.level.objective == "flow"
    assert noised.weight is not None
    assert noised.weight.shape == (2,)


def test_steps_are_the_hosts_simple_schedule() -> None:
    """Every so-manyth of the host's 10,000 levels from the noisiest, then 0."""
    dev = Schedule(shift=exp(1.15), count=10_000)
    expected = [shifted(torch.tensor(t, dtype=torch.float64), exp(1.15)) for t in (1.0, 0.75, 0.5, 0.25)]
    assert dev.sigmas(4).tolist() == pytest.approx([*map(float, expected), 0.0])
    assert Schedule(shift=1.0).sigmas(4).tolist() == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0])
    assert Schedule(shift=1.0).sigmas(3).tolist() == pytest.approx([1.0, 1 - 0.333, 1 - 0.666, 0.0])


def test_a_straight_flow_is_walked_to_its_end_from_anywhere() -> None:
    clean, noise = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(1))[:, None]
    for steps, whole in ((4, 4), (2, 4)):
        way = Schedule(shift=3.0).steps(steps, whole, torch.device("cpu"))
        latents = way.from_noise(noise) if steps == whole else way.from_picture(clean, noise)
        assert len(way.times) == steps
        for number in range(steps):
            latents = way.next(noise - clean, way.shown(latents, number), number)
        assert torch.allclose(latents, clean, atol=1e-6)
