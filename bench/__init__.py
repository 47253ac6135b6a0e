"""Speed and size, as ratios of medians: ours and another way, alternately, in one run on one machine."""
