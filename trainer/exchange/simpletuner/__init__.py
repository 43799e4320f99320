"""SimpleTuner's settings, in and out."""
