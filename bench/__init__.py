"""`make bench`: measure each figure beside its reference, and compare the ratio with its goal."""
