"""What a set of pictures shows of its character, axis by axis."""
