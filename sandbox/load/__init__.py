"""How much the shop bears: k6 against the local stack, handlers in process, and a model of DynamoDB's contention."""
