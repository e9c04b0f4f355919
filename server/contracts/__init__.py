"""What a module may declare: the vocabulary between the kernel and its modules."""
