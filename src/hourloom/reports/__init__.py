"""Read-only aggregates of activities: reports, measures, and what is exported of them."""
