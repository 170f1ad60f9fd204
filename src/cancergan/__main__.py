"""``python -m cancergan``."""

from cancergan.cli.main import main

main()
