"""The nodes, one file a stage of the graph."""

from typing import Any

from ._api import ComfyExtension
from .captions.joycaption import CaptionWithJoyCaption
from .captions.review import ReviewCaptions
from .captions.rules import ApplyCaptionRules
from .captions.tag import TagWithWd14
from .captions.use import UseCaptions
from .compare.advise import AdviseNextRun
from .compare.check_lora import CheckLora
from .compare.choose import ChooseCheckpoint
from .compare.compare import CompareCheckpoints
from .compare.score_images import ScoreImages
from .dataset.check import CheckDataset
from .dataset.crop import CropDataset
from .dataset.fill import FillGaps
from .dataset.images import DatasetToImages, ImagesToDataset
from .dataset.load import LoadCharacterDataset
from .dataset.mix import MixDatasets
from .dataset.pick import PickImages
from .dataset.save import SaveDataset
from .dataset.variants import MakeStyleVariants
from .demo.base_model import DemoBaseModel
from .demo.character import DemoCharacter
from .demo.check_installation import CheckInstallation
from .demo.clean_up import CleanUp
from .host.folders import keep_caches_here
from .host.routes import answer_page
from .panel.kept_bundle import serve_bundles
from .panel.kept_run import serve_kept_runs
from .panel.models import serve_models
from .panel.past_run import serve_opened_runs
from .panel.past_runs import serve_past_runs
from .panel.removed_run import serve_removing
from .sentences import told_in_sentences
from .train.base_model import ChooseBaseModel
from .train.base_shown import base_words, shown_base
from .train.diff_runs import DiffRuns
from .train.exchange import ExportRecipe, ImportRecipe
from .train.plan import PlanRun
from .train.recipe import TrainingRecipe
from .train.recipe_shown import recipe_table, shown_recipe
from .train.train import TrainCharacterLora
from .use.apply_identity import ApplyIdentity
from .use.apply_lora import ApplyCharacterLora
from .use.apply_reference import ApplyReference
from .use.balance import BalanceLoraAndIdentity
from .use.check_motion import CheckMotion
from .use.instantid import InstantIdConditioning
from .use.load_identity import LoadIdentity
from .use.load_identity_adapter import LoadIdentityAdapter
from .use.read_face import ReadFace
from .use.train_or_zero_shot import TrainOrZeroShot


class LikenessExtension(ComfyExtension):
    """What the host asks for at start."""

    async def on_load(self) -> None:
        """Before the nodes are asked for."""
        keep_caches_here()
        serve_kept_runs()
        serve_bundles()
        serve_past_runs()
        serve_opened_runs()
        serve_removing()
        serve_models()
        answer_page("recipe", recipe_table, shown_recipe)
        answer_page("base", base_words, shown_base)

    async def get_node_list(self) -> list[type[Any]]:
        return [told_in_sentences(node) for node in self._nodes()]

    def _nodes(self) -> list[type[Any]]:
        return [
            DemoBaseModel,
            DemoCharacter,
            CheckInstallation,
            LoadCharacterDataset,
            ImagesToDataset,
            CheckDataset,
            CropDataset,
            PickImages,
            FillGaps,
            MakeStyleVariants,
            MixDatasets,
            SaveDataset,
            DatasetToImages,
            TagWithWd14,
            CaptionWithJoyCaption,
            UseCaptions,
            ApplyCaptionRules,
            ReviewCaptions,
            ChooseBaseModel,
            TrainingRecipe,
            ImportRecipe,
            ExportRecipe,
            PlanRun,
            TrainCharacterLora,
            DiffRuns,
            CompareCheckpoints,
            ChooseCheckpoint,
            AdviseNextRun,
            ScoreImages,
            CheckLora,
            ApplyCharacterLora,
            CheckMotion,
            ReadFace,
            LoadIdentity,
            LoadIdentityAdapter,
            ApplyIdentity,
            InstantIdConditioning,
            ApplyReference,
            TrainOrZeroShot,
            BalanceLoraAndIdentity,
            CleanUp,
        ]
