"""What reports are: ranges, groupings, comparisons and what is kept of them."""
