"""Background work: queued and periodic, in small steps that survive a killed process."""
