"""The ladder (升级阶梯): small matters stay in the grid, large ones in the community, heavy ones reach the town."""
