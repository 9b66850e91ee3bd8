"""Record who is to be told of corrections, withdrawals and rejections, along with the act."""
