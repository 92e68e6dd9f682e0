"""Labs and solutions, built from their sources."""
