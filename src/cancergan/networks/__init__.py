"""Networks, small and ours, each for pictures and volumes alike."""
