"""`bench`: one thing measured side by side. Benches are imported here alone, and only the one that is asked for."""

from argparse import Namespace
from importlib import import_module
from pathlib import Path

from ..demo.family import FAMILIES
from .command import AddParser, Figures, in_repository
from .progress import following

BENCHES: dict[str, tuple[str, tuple[str, ...]]] = {
    "adapters": ("adapters:bench_adapters", ()),
    "captions": ("captions:bench_captions", ()),
    "checks": ("checks:bench_checks", ()),
    "choose": ("choose:bench_choose", ("out", "only", "family", "sink")),
    "compare": ("compare:bench_compare", ("out", "sink")),
    "dataset": ("dataset:bench_dataset", ()),
    "demo": ("demo:bench_demo", ("sink", "family")),
    "flux": ("flux:bench_flux", ("device",)),
    "identity": ("identity:bench_identity", ("out", "device", "only", "sink")),
    "import": ("imports:bench_import", ()),
    "motion": ("motion:bench_motion", ("out",)),
    "options": ("options:bench_options", ("out", "only", "sink")),
    "study": ("study:bench_study", ("out", "sink", "full", "only")),
    "train": ("train:bench_train", ("out", "device")),
    "variants": ("variants:bench_variants", ("out", "sink")),
    "watch": ("watch:bench_watch", ("out", "only", "sink")),
}
"""Where each stands in `trainer.bench`, and which of the options it takes."""


def add(command: AddParser) -> None:
    bench = command("bench", help="measure one thing side by side")
    bench.set_defaults(command=_bench)
    bench.add_argument("name", choices=tuple(BENCHES))
    bench.add_argument("--out", type=Path, help="folder to keep what is made, so that a stopped bench goes on")
    bench.add_argument("--device", default="cpu", help="identity, train, flux: cpu (a small base) or cuda (real sizes)")
    bench.add_argument("--family", choices=FAMILIES, default=FAMILIES[0], help="demo, choose: which demo base")
    bench.add_argument("--full", action="store_true", help="study: the larger design, for hours of a machine's time")
    bench.add_argument("--only", nargs="*", default=(), help="options, choose, identity, study, watch: these alone")


def _bench(options: Namespace) -> Figures:
    place, takes = BENCHES[options.name]
    module, function = place.split(":")
    with following() as follower:
        given = {**vars(options), "only": tuple(options.only), "sink": follower.show}
        with in_repository("Benches"):
            run = getattr(import_module(f"..bench.{module}", __package__), function)
        return run(**{name: given[name] for name in takes})
