"""Pure ground: errors, documents, schemas, the flow graph and the settings. No I/O."""
