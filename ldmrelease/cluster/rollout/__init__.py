"""Whether what a workload names is what its pods run, and the wait until it is."""
