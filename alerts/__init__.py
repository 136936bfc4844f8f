"""Who must know, and make sure they do.

Pure: `lifecycle`, `asking`, `answering`, `wording`, `retry`. Hands: `desk`, `outbox`, `inbox`,
`ticker`, `auditor`, `channels`.
"""
