"""The modules of this installation; each folder is one, and the kernel finds them by looking."""
