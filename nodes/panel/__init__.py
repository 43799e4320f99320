"""What nodes show on the page: progress, runs, sheets, and the data of the tables."""
