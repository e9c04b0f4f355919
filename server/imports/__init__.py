"""Reading data from files: what modules declare with `server.contracts.imports`, done for a whole folder."""
