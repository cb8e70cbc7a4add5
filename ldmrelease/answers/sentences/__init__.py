"""Findings, refusals and failures as sentences: codes and values are kept, the words are made here."""
