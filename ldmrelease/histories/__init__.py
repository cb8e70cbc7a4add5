"""Histories that others wrote: tables, repositories, syncs and observations, read as what they say and no more."""
