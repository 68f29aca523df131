"""Import of students and staff: `people` validates lines for a school, `write` saves the valid ones."""
