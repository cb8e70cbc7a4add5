"""Test milestones and the features that releases have to deliver (LDM-564, chapter 3). No input, output or clock."""
