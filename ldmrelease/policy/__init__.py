"""Deciding: a pure function of level, facts and time, and one file per rule."""
