"""Reading what other trackers have written: their bytes in, our words out, nothing stored."""
