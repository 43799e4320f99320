"""What adapters add to attention, layer by layer, and where."""
