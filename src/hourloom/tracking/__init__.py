"""Tracking: devices, buckets, events and heartbeats, and the questions asked of them."""
