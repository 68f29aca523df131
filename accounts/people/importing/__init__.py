"""Import of students and staff: `accounts.importing` reads, shows and counts.

`people` says what a line means for a school, `write` brings the good ones in.
"""
