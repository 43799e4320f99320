from trainer.bench.pruning import misjudged_phrases, misjudged_tags, pruning_figures


def test_nearly_all_looks_go_and_nearly_nothing_else():
    figures = pruning_figures()
    assert figures["identity_removed"] >= 0.98, misjudged_tags()["left"]
    assert figures["others_wrongly_removed"] <= 0.01, misjudged_tags()["lost"]
    assert figures["sentence_identity_removed"] >= 0.95, misjudged_phrases()["left"]
    assert figures["sentence_others_wrongly_removed"] <= 0.03, misjudged_phrases()["lost"]
