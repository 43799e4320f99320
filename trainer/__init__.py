"""The engine. Importing it, from the command line or from a host, quiets one piece of a library's advice."""

import logging


def _is_for_users(record: logging.LogRecord) -> bool:
    return "gemm_4bit_forward" not in str(record.msg)


# bitsandbytes asks for a package at its import, whoever imports it, that speeds up 4 bit on CPUs alone.
logging.getLogger("bitsandbytes.backends.cpu.ops").addFilter(_is_for_users)
