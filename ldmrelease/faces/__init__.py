"""What people and programs call: each face turns words into a call of a service, and its answer into words."""
