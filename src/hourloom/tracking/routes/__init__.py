"""Buckets, events, heartbeats and queries over HTTP: ActivityWatch's way and ours."""
