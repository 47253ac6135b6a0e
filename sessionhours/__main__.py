"""``python -m sessionhours``."""

from sessionhours.cli import main

if __name__ == "__main__":
    main()
