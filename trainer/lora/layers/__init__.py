"""What an adapter layer is: peft's LoRA layers, and our own DoRA and LoKr."""
