"""What synthetic data is for: downstream tasks, and the feature spaces that judge it offline."""
