"""What module authors build GraphQL types from: fields, ids, results, connections, contributions."""
