"""The nodes, one file a stage of the graph."""

from typing import Any

from ._api import ComfyExtension
from .captions_joy import CaptionWithJoyCaption
from .captions_review import ReviewCaptions
from .captions_rules import ApplyCaptionRules
from .captions_tag import TagWithWd14
from .captions_use import UseCaptions
from .check_lora import CheckLora
from .compare import ChooseCheckpoint, CompareCheckpoints
from .dataset import LoadCharacterDataset
from .dataset_check import CheckDataset
from .dataset_crop import CropDataset
from .dataset_fill import FillGaps
from .dataset_images import DatasetToImages, ImagesToDataset
from .dataset_mix import MixDatasets
from .dataset_pick import PickImages
from .dataset_save import SaveDataset
from .dataset_variants import MakeStyleVariants
from .demo import DemoBaseModel, DemoCharacter
from .exchange import ExportRecipe, ImportRecipe
from .plan import PlanRun
from .recipe import TrainingRecipe
from .train import ChooseBaseModel, TrainCharacterLora
from .use import ApplyCharacterLora


class LikenessExtension(ComfyExtension):
    """What the host asks for at start."""

    async def get_node_list(self) -> list[type[Any]]:
        return [
            DemoBaseModel,
            DemoCharacter,
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
            CompareCheckpoints,
            ChooseCheckpoint,
            CheckLora,
            ApplyCharacterLora,
        ]
