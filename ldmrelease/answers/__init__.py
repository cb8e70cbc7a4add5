"""What every face shows: typed answers, their exit codes and their JSON Schemas."""
