"""LoRA files as files, whoever made them: read, looked into, averaged."""
