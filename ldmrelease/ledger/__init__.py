"""The append-only log, its blobs, checkpoints and projections."""
