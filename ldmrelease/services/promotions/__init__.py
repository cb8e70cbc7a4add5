"""Promotions: planned, requested, driven step by step."""
