"""Reports that nobody wrote, for load and error tests: many, on the official forms, marked as synthetic."""
