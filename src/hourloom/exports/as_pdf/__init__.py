"""Documents on paper: charts drawn from the numbers, and text that can be selected and read out in order."""
