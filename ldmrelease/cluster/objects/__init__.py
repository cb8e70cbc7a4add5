"""What Kubernetes objects say: workloads, pods, owners, who manages them."""
