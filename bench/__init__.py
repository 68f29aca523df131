"""`make bench`: each figure against its goal, measured beside what it is compared with, on a PostgreSQL of its own."""
