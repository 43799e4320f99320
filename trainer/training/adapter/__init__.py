"""The small trained layers on a frozen base: LoRA, DoRA and LoKr."""
