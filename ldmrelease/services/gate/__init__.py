"""Gates: what changes of trees and manifests ask for, decided before anything is deployed."""
