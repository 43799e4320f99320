"""What a run will be, told before it starts: passes, buckets, time, disk, memory and what is unwise. Trains nothing."""
