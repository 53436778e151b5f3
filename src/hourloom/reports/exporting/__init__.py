"""Reports, activities and events as files: what is wanted, what its rows are, and where it goes."""
