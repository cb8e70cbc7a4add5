"""What people decided, as it stands: approvals, waivers, holds, reviews, read from what they signed."""
