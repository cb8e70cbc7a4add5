"""What a tree's images are, as the programs say that will apply it: Helm and Kustomize."""
