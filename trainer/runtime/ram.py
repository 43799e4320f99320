"""How much memory the computer has left."""


def free_ram() -> int | None:
    """Bytes that programs can have without others being put on disk; None where that is not told."""
    try:
        import psutil
    except ImportError:  # only what needs it installs it
        return None
    return int(psutil.virtual_memory().available)
