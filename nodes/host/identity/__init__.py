"""Identity adapters on the host's MODEL, conditionings and CLIP_VISION: patches alone, no forward is replaced."""
